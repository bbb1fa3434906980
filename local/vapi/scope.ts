import type { Answer } from '../stack/http-server.ts';
import type { Accounts } from './accounts.ts';
import type { ResourceName } from './resources.ts';
import type { Settings } from './settings.ts';

/** The account that an operation works on, and the time. */
export interface Scope {
  accounts: Accounts;
  settings: Settings;
  account: string;
  resource: ResourceName;
  now: number;
}

/** Vapi's 400, with one message or the list of them. */
export function badRequest(message: string | string[]): Answer {
  return { status: 400, body: { message, error: 'Bad Request', statusCode: 400 } };
}

/** Vapi's 404, the same for an id that never was and for one of another account. */
export function notFound(): Answer {
  return { status: 404, body: { message: 'Not Found', statusCode: 404 } };
}

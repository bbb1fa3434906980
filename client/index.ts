import createFetchClient, { type Client, defaultPathSerializer } from 'openapi-fetch';
import type { components, paths } from './schema.ts';
import { makeFetch, type Transport } from './transport.ts';

export type { components, operations, paths } from './schema.ts';
export type { AwsCredentials, Transport } from './transport.ts';

/** A problem document (RFC 9457), as the service answers it. */
export type Problem = components['schemas']['Problem'];

/** The address of the service, and the identity of the caller. */
export interface ClientOptions extends Transport {
  /** The address of the API: the output `HttpApiUrl` of the stack. */
  baseUrl: string;
}

/** A typed client: `PUT(path, {params, body})` gives `{data, error, response}`, one call for each route. */
export type ServiceClient = Client<paths>;

/**
 * Makes a client of the service. Requests are signed with `credentials`, or carry `token`. An answer with `Retry-After`
 * is repeated after that time, `retries` times at most; the last answer is then `error`, typed by its status.
 */
export function createClient({ baseUrl, ...transport }: ClientOptions): ServiceClient {
  return createFetchClient<paths>({ baseUrl, fetch: makeFetch(transport), pathSerializer: pathOf });
}

/**
 * Throws a `TypeError` for `.` and `..` as ids: in an address they are steps, also when escaped, and a request about
 * one organisation would become one about all.
 */
function pathOf(path: string, values: Record<string, unknown>): string {
  for (const [name, value] of Object.entries(values)) {
    if (['', '.', '..'].includes(String(value))) throw new TypeError(`"${value}" cannot stand for ${name}.`);
  }
  return defaultPathSerializer(path, values);
}

/** An answer other than a success, as an error. `problem` is absent when the answer was not made by the service. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly problem: Problem | undefined;
  readonly operationId: string | undefined;

  constructor(error: unknown, response: Response) {
    const problem = isProblem(error) ? error : undefined;
    super(
      problem
        ? `${problem.code}: ${problem.detail}`
        : `The service answered ${response.status} ${textOf(error)}`.trim(),
    );
    this.status = response.status;
    this.problem = problem;
    this.operationId = response.headers.get('x-operation-id') ?? undefined;
  }
}

/** The result of a call of the client. */
interface Reply<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws a `ProblemError` unless it is a success. */
export function orThrow<Data>({ data, error, response }: Reply<Data>): NonNullable<Data> {
  if (!response.ok || data === undefined || data === null) throw new ProblemError(error, response);
  return data;
}

function isProblem(error: unknown): error is Problem {
  return typeof error === 'object' && error !== null && 'code' in error && 'detail' in error;
}

/** API Gateway's own answers are `{"message": "Forbidden"}`. */
function textOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return typeof error === 'string' ? error.slice(0, 200) : '';
}

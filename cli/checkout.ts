import { existsSync } from 'node:fs';
import { CliError, EXIT } from './exit.ts';

/** True in a checkout. The package has neither the definition of the service nor the embedded stack. */
export const IS_CHECKOUT = existsSync(new URL('../serverless.yml', import.meta.url));

/** Throws a `CliError` outside of a checkout, with the option that works there. */
export function assertCheckout(what: string, instead?: string): void {
  if (IS_CHECKOUT) return;
  const remedy = instead ? ` Here, name ${instead}.` : '';
  throw new CliError(`${what} is part of a checkout of vapi-sync.${remedy}`, EXIT.usage);
}

import type { SecretsStandIn } from '../../local/secrets/server.ts';
import type { VapiStandIn } from '../../local/vapi/stand-in.ts';
import type { FaultyConnection } from '../../test/contracts/faulty-connection.ts';
import type { Chance } from './chance.ts';
import type { Environment } from './environment.ts';

/** All that can be made to fail. */
interface Breakable {
  vapi: VapiStandIn;
  secrets: SecretsStandIn;
  table: FaultyConnection;
  environments: readonly Environment[];
}

const UPSTREAM = [
  { kind: 'error-before', status: 500 },
  { kind: 'error-after', status: 502 },
  { kind: 'reset-before' },
  { kind: 'reset-after' },
  { kind: 'truncated' },
  { kind: 'rate-limit' },
  { kind: 'html', status: 503 },
  { kind: 'slow', ms: 1_500 },
  { kind: 'hang-before' },
  { kind: 'hang-after' },
] as const;
const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const;
const TABLE = ['lose-reply', 'fail-after', 'drop', 'throttle', 'hang-after', 'hang'] as const;
const SECRETS = ['ThrottlingException', 'InternalServiceError', 'reset'] as const;

/** Breaks one thing, once; what it was comes back. */
export function breakSomething(chance: Chance, { vapi, secrets, table, environments }: Breakable): string {
  const number = chance.number(10);
  if (number < 2) {
    const [first, ...others] = environments;
    if (!first) return 'nothing';
    chance.oneOf([first, ...others]).kill();
    return 'SIGKILL';
  }
  if (number < 5) {
    const fault = chance.oneOf(TABLE);
    table.plan({ fault, times: 1 + chance.number(2) });
    return `table ${fault}`;
  }
  if (number < 6) {
    const kind = chance.oneOf(SECRETS);
    secrets.inject({ kind });
    return `secrets ${kind}`;
  }
  const behaviour = chance.oneOf(UPSTREAM);
  const method = chance.oneOf(METHODS);
  vapi.inject({ on: { method }, behaviour });
  return `vapi ${method} ${behaviour.kind}`;
}

export function mendEverything({ vapi, secrets, table }: Breakable): void {
  vapi.clearFaults();
  secrets.clearFaults();
  table.reset();
}

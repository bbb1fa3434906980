import { z } from 'zod';
import type { Answer } from '../stack/http-server.ts';
import { RESOURCE_NAMES } from './resources.ts';
import type { Call } from './router.ts';
import type { VapiStandIn } from './stand-in.ts';

const seed = z.strictObject({
  account: z.string(),
  resource: z.enum(RESOURCE_NAMES).default('assistant'),
  body: z.record(z.string(), z.unknown()),
  id: z.uuid().optional(),
  createdAt: z.iso.datetime().optional(),
});

/** Requests below this path drive the stand-in itself; they need no key and are not recorded. */
export const CONTROL_PREFIX = '/_control/';

/** The programmatic interface over HTTP, for other processes. Errors in what is sent are 400. */
export function control(call: Call, standIn: VapiStandIn): Answer {
  try {
    if (call.body instanceof Error) throw call.body;
    return { status: 200, body: act(call, standIn) ?? { ok: true } };
  } catch (error) {
    return { status: 400, body: { message: error instanceof Error ? error.message : String(error) } };
  }
}

function act(call: Call, standIn: VapiStandIn): unknown {
  switch (`${call.method} ${call.path.slice(CONTROL_PREFIX.length)}`) {
    case 'POST faults':
      return standIn.inject(call.body);
    case 'DELETE faults':
      return standIn.clearFaults();
    case 'GET requests':
      return standIn.requests;
    case 'DELETE requests':
      return standIn.clearRequests();
    case 'GET state':
      return standIn.state();
    case 'DELETE state':
      return standIn.clear();
    case 'POST settings':
      return standIn.configure(call.body);
    case 'POST seed':
      return seedOne(standIn, call.body);
    default:
      throw new Error(`There is no ${call.method} ${call.path}`);
  }
}

function seedOne(standIn: VapiStandIn, input: unknown): unknown {
  const { account, resource, body, id, createdAt } = seed.parse(input);
  return standIn.seed({ account, resource, body, ...(id && { id }), ...(createdAt && { createdAt }) });
}

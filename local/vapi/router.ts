import type { Answer } from '../stack/http-server.ts';
import { create, list, read, remove, update } from './operations.ts';
import { isResourceName } from './resources.ts';
import { badRequest, notFound, type Scope } from './scope.ts';
import { routeTraffic } from './traffic.ts';
import { describeVersion, listVersions } from './versions.ts';

/** A request after its transport: `body` is undefined when there was none, or an Error when it is no JSON. */
export type Call = { method: string; path: string; query: Record<string, string>; body: unknown };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i;

/** Vapi's 401, for a missing key and a wrong one alike. */
export function unauthorized(): Answer {
  const message = 'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.';
  return { status: 401, body: { message, error: 'Unauthorized', statusCode: 401 } };
}

/** Serves one request in the name of an account. */
export function route(call: Call, scope: Omit<Scope, 'resource'>): Answer {
  const [, resource, id, part, version, ...beyond] = call.path.split('/');
  if (call.body instanceof Error) return badRequest(call.body.message);
  if (resource === 'traffic-allocations') {
    return routeTraffic(call, { ...scope, resource: 'assistant' }) ?? noRoute(call);
  }
  if (resource === 'assistant' && id && part === 'versions' && beyond.length === 0) {
    return routeVersions(call, { id, name: version }, { ...scope, resource });
  }
  if (!isResourceName(resource) || part !== undefined) return noRoute(call);
  return id === undefined ? routeCollection(call, { ...scope, resource }) : routeOne(call, id, { ...scope, resource });
}

function routeVersions(call: Call, { id, name }: { id: string; name: string | undefined }, scope: Scope): Answer {
  if (!UUID.test(id)) return badRequest('Validation failed (uuid is expected)');
  if (name === undefined) return call.method === 'GET' ? listVersions(scope, id) : noRoute(call);
  return call.method === 'PATCH' ? describeVersion(scope, { id, name }, call.body) : noRoute(call);
}

function routeCollection(call: Call, scope: Scope): Answer {
  if (call.method === 'GET') return list(scope, call.query);
  return call.method === 'POST' ? create(scope, call.body) : noRoute(call);
}

function routeOne(call: Call, id: string, scope: Scope): Answer {
  if (!UUID.test(id)) return badRequest('Validation failed (uuid is expected)');
  switch (call.method) {
    case 'GET':
      return read(scope, id);
    case 'PATCH':
      return update(scope, id, call.body);
    case 'DELETE':
      return remove(scope, id);
    default:
      return noRoute(call);
  }
}

function noRoute({ method, path }: Call): Answer {
  const answer = notFound();
  return { ...answer, body: { message: `Cannot ${method} ${path}`, error: 'Not Found', statusCode: 404 } };
}

import type { paths } from '../../client/index.ts';

type Method = 'GET' | 'POST';

/** The routes that the page uses; only these are passed on to the service. */
const ROUTES: Partial<Record<keyof paths, readonly Method[]>> = {
  '/assistants': ['GET'],
  '/orgs/{orgId}/assistants': ['GET'],
  '/orgs/{orgId}/assistants/{role}': ['GET'],
  '/orgs/{orgId}/assistants/{role}/history': ['GET'],
  '/orgs/{orgId}/assistants/{role}/history/{specHash}': ['GET'],
  '/orgs/{orgId}/assistants/{role}/rollback': ['POST'],
  '/orgs/{orgId}/changes': ['GET'],
  '/changes': ['GET'],
  '/drift': ['POST'],
  '/drift/runs': ['GET'],
  '/drift/runs/{id}': ['GET'],
  '/rollouts': ['GET'],
  '/rollouts/{rolloutId}': ['GET'],
  '/rollouts/{rolloutId}/targets': ['GET'],
  '/rollouts/{rolloutId}/pause': ['POST'],
  '/rollouts/{rolloutId}/resume': ['POST'],
  '/rollouts/{rolloutId}/abort': ['POST'],
  '/rollouts/{rolloutId}/rollback': ['POST'],
};

const KNOWN = Object.entries(ROUTES).map(([path, methods]) => ({
  methods,
  expression: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
}));

/** True for a request that the page may make of the service. */
export function isKnownRoute(method: string, path: string): boolean {
  return KNOWN.some(({ methods, expression }) => expression.test(path) && methods.some((known) => known === method));
}

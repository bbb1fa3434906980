import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parseServerless } from '../stack/service-definition.ts';

/** A route of the HTTP API, and the function that serves it. */
export interface Route {
  /** As serverless.yml has it: `GET /orgs/{orgId}`. */
  key: string;
  method: string;
  segments: readonly string[];
  functionName: string;
}

const httpApi = z.object({ httpApi: z.object({ method: z.string(), path: z.string() }) });
const functions = z.object({
  functions: z.record(z.string(), z.object({ events: z.array(z.unknown()).default([]) })),
});

/** The routes of serverless.yml. */
export function readRoutes(path: string): Route[] {
  const definition = functions.parse(parseServerless(readFileSync(path, 'utf8'), path));
  return Object.entries(definition.functions).flatMap(([functionName, { events }]) =>
    events.flatMap((event) => {
      const route = httpApi.safeParse(event).data?.httpApi;
      if (!route) return [];
      const key = `${route.method} ${route.path}`;
      return [{ key, method: route.method, segments: route.path.split('/'), functionName }];
    }),
  );
}

/**
 * The route of a request and its decoded path parameters; as at API Gateway, a literal segment is preferred to a
 * parameter.
 */
export function routeOf(
  routes: readonly Route[],
  method: string,
  pathname: string,
): { route: Route; pathParameters: Record<string, string> } | undefined {
  const given = pathname.split('/');
  const matching = routes.filter(
    (route) =>
      route.method === method &&
      route.segments.length === given.length &&
      route.segments.every((segment, at) => isName(segment) || segment === given[at]),
  );
  const [route] = matching.toSorted((a, b) => namesIn(a) - namesIn(b));
  if (!route) return undefined;
  const named = route.segments.flatMap((segment, at) =>
    isName(segment) ? [[segment.slice(1, -1), decodeURIComponent(given[at] ?? '')] as const] : [],
  );
  return { route, pathParameters: Object.fromEntries(named) };
}

function isName(segment: string): boolean {
  return segment.startsWith('{');
}

function namesIn({ segments }: Route): number {
  return segments.filter(isName).length;
}

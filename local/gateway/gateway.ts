import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { invocationOf } from '../stack/lambda-context.ts';
import { type Route, routeOf } from './routes.ts';

/** The handler of a function that answers requests. */
export type HttpHandler = (event: unknown, context: Context) => Promise<unknown>;

/** How long a function may take, in ms: API Gateway waits no longer (30 s). */
const TIME_MS = 29_000;

const answerSchema = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.string()).default({}),
  body: z.string().optional(),
});

/** Serves requests as API Gateway does, by handlers in this process: without a port and without anything to start. */
export function makeGateway(
  routes: readonly Route[],
  handlerOf: (functionName: string) => Promise<HttpHandler>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const found = routeOf(routes, request.method, url.pathname);
    if (!found) return Response.json({ message: 'Not Found' }, { status: 404 });
    const handler = await handlerOf(found.route.functionName);
    const event = await eventOf(request, { url, routeKey: found.route.key, pathParameters: found.pathParameters });
    const { statusCode, headers, body } = answerSchema.parse(
      await handler(event, invocationOf(found.route.functionName, TIME_MS)),
    );
    const isEmpty = statusCode === 204 || statusCode === 304;
    return new Response(isEmpty ? null : (body ?? ''), { status: statusCode, headers });
  };
}

/** The event that API Gateway makes of a request (payload version 2.0). */
async function eventOf(
  request: Request,
  { url, routeKey, pathParameters }: { url: URL; routeKey: string; pathParameters: Record<string, string> },
) {
  const body = await request.text();
  return {
    version: '2.0',
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(request.headers),
    pathParameters,
    ...(url.search === '' ? {} : { queryStringParameters: Object.fromEntries(url.searchParams) }),
    requestContext: { http: { method: request.method, path: url.pathname }, stage: '$default' },
    ...(body === '' ? {} : { body }),
    isBase64Encoded: false,
  };
}

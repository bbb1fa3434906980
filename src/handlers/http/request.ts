import * as z from 'zod/mini';
import type { Actor } from '../../domain/actor.ts';
import { validationFailed } from '../../domain/problem.ts';

/** `jwt` has `claims` when API Gateway has checked a token; `sls offline`, which checks none, sends it without. */
const authorizerSchema = z.object({
  iam: z.optional(z.nullable(z.object({ userArn: z.optional(z.nullable(z.string())) }))),
  jwt: z.optional(z.nullable(z.object({ claims: z.optional(z.nullable(z.record(z.string(), z.unknown()))) }))),
});

/** What the handlers use of an API Gateway HTTP API event (payload 2.0). */
const eventSchema = z.object({
  routeKey: z.optional(z.nullable(z.string())),
  requestContext: z.object({
    http: z.object({ method: z.string() }),
    authorizer: z.optional(z.nullable(authorizerSchema)),
  }),
  headers: z._default(z.record(z.string(), z.optional(z.string())), {}),
  pathParameters: z.optional(z.nullable(z.record(z.string(), z.optional(z.string())))),
  queryStringParameters: z.optional(z.nullable(z.record(z.string(), z.optional(z.string())))),
  body: z.optional(z.nullable(z.string())),
  isBase64Encoded: z.optional(z.boolean()),
});

export interface HttpRequest {
  /**
   * The route as serverless.yml declares it, for example `GET /orgs/{orgId}/assistants`; empty when the event names
   * none.
   */
  route: string;
  method: string;
  path: Readonly<Record<string, string | undefined>>;
  query: Readonly<Record<string, string | undefined>>;
  /** By lower-case name. */
  headers: Readonly<Record<string, string | undefined>>;
  body: string | undefined;
  /** The caller: an ARN, the subject of a token, or the route for a call on this machine. */
  caller: Actor;
  /** The claims of the token that API Gateway has checked; undefined when the caller signed with IAM. */
  claims: Readonly<Record<string, unknown>> | undefined;
}

/** The largest body, and the deepest nesting of its JSON. */
const MAX_BODY_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;

/** Reads the event. Throws `VALIDATION_FAILED` for what is not an API Gateway event of payload version 2.0. */
export function parseHttpEvent(event: unknown): HttpRequest {
  const parsed = eventSchema.safeParse(event);
  if (!parsed.success) {
    throw validationFailed([{ field: 'event', detail: 'must be an API Gateway HTTP API event (payload version 2.0)' }]);
  }
  const { routeKey, requestContext, headers, pathParameters, queryStringParameters, body, isBase64Encoded } =
    parsed.data;
  const text = body && isBase64Encoded ? decoded(body) : body;
  return {
    route: routeKey ?? '',
    method: requestContext.http.method.toUpperCase(),
    path: pathParameters ?? {},
    query: queryStringParameters ?? {},
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: text ?? undefined,
    claims: claimsOf(requestContext.authorizer),
    caller: callerOf(requestContext.authorizer, routeKey ?? ''),
  };
}

/**
 * Decodes a body. Strict, as letters of another encoding would be replaced, and a prompt stored that nobody wrote.
 * Throws `VALIDATION_FAILED`.
 */
function decoded(body: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(body, 'base64'));
  } catch {
    throw bodyProblem('is not encoded in UTF-8');
  }
}

/** The caller, as API Gateway has checked it. A token of a machine may name a client and no subject. */
function callerOf(authorizer: z.infer<typeof authorizerSchema> | null | undefined, route: string): Actor {
  const claims = claimsOf(authorizer);
  if (claims)
    return {
      kind: 'jwt',
      id: String(claims.sub ?? claims.client_id ?? 'unknown')
        .slice(0, MAX_ACTOR)
        .toWellFormed(),
    };
  const arn = authorizer?.iam?.userArn;
  return arn ? { kind: 'iam', id: arn.slice(0, MAX_ACTOR) } : { kind: 'local', id: route };
}

/** The longest name of a caller that is kept. */
const MAX_ACTOR = 256;

/** A token without any claim (null) is still a token. */
function claimsOf(authorizer: z.infer<typeof authorizerSchema> | null | undefined): HttpRequest['claims'] {
  const claims = authorizer?.jwt?.claims;
  return claims === null ? {} : claims;
}

/**
 * Parses a JSON body. Throws `VALIDATION_FAILED` when it is missing, too large, too deep or not JSON, and for a field
 * named `__proto__`: code that copies objects field by field would lose it, or set the prototype.
 */
export function parseJsonBody(request: HttpRequest): unknown {
  const parsed = parseText(request);
  if (namesPrototype(parsed)) throw bodyProblem('has a field named __proto__; choose another name');
  return parsed;
}

function namesPrototype(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(namesPrototype);
}

function parseText({ body }: HttpRequest): unknown {
  if (body === undefined || body.trim() === '') throw bodyProblem('is missing; send a JSON object');
  if (Buffer.byteLength(body) > MAX_BODY_BYTES) throw bodyProblem(`is larger than ${MAX_BODY_BYTES} bytes`);
  if (isDeeperThan(body, MAX_DEPTH)) throw bodyProblem(`is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(body);
  } catch (error) {
    throw bodyProblem(`is not valid JSON${placeIn(error)}; send JSON in UTF-8, without a byte order mark`);
  }
}

/**
 * Where the parser stopped, if it says so. The rest of its message is dropped: it quotes the body, which may hold a
 * prompt.
 */
function placeIn(error: unknown): string {
  const [, line, column] = /\(line (\d+) column (\d+)\)$/.exec(Error.isError(error) ? error.message : '') ?? [];
  return line === undefined ? '' : ` at line ${line}, column ${column}`;
}

function bodyProblem(detail: string): Error {
  return validationFailed([{ field: 'body', detail }]);
}

/**
 * A string, or a bracket outside of strings. An unterminated string reaches to the end, so that no character is read
 * twice.
 */
const NESTING = /"(?:[^"\\]|\\.)*(?:"|\\?$)|[[{\]}]/gs;

/** Counts brackets, without recursion: a hostile depth must not reach a recursive parser. */
function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(NESTING)) {
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    if (depth > limit) return true;
  }
  return false;
}

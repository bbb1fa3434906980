import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';
import { z } from 'zod';
import { isScheduledEvent } from '../../src/handlers/scheduled-drift.ts';
import { CHECKOUT } from './checkout.ts';
import { keep, readKept } from './kept.ts';

/** What a function answered. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape is what they assert
  body: any;
}

const header = z.object({ required: z.boolean().optional(), schema: z.unknown() });
const response = z.object({
  headers: z.record(z.string(), z.unknown()).default({}),
  content: z.record(z.string(), z.looseObject({ schema: z.unknown() })).optional(),
});
const operation = z.object({
  tags: z.tuple([z.string()]),
  summary: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(z.unknown()).default([]),
  requestBody: z
    .object({
      content: z.object({
        'application/json': z.object({
          schema: z.unknown(),
          examples: z.record(z.string(), z.object({ summary: z.string(), value: z.unknown() })).default({}),
        }),
      }),
    })
    .optional(),
  responses: z.record(z.string(), z.unknown()),
});
export type DescribedOperation = z.output<typeof operation>;

const METHODS = ['get', 'put', 'post', 'delete'] as const;
const description: unknown = parsed(readFileSync(join(CHECKOUT, 'docs/openapi.yaml'), 'utf8'));

/** Parsing it takes a fifth of what a file of tests takes to load. */
function parsed(text: string): unknown {
  const madeOf = createHash('sha256').update(text).digest('hex');
  const kept = readKept('openapi', madeOf);
  if (kept) return JSON.parse(kept);
  const description: unknown = parse(text);
  keep('openapi', madeOf, JSON.stringify(description));
  return description;
}

const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
// What comes with CommonJS has its export under one more name in native modules.
formats.default(ajv);
ajv.addSchema(z.record(z.string(), z.unknown()).parse(description), 'api');

/** Every operation of docs/openapi.yaml by its route, as serverless.yml writes them: `GET /orgs/{orgId}/assistants`. */
export const OPERATIONS: ReadonlyMap<string, DescribedOperation> = new Map(
  Object.entries(
    z.object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) }).parse(description).paths,
  ).flatMap(([path, item]) =>
    METHODS.filter((method) => method in item).map((method): [string, DescribedOperation] => [
      `${method.toUpperCase()} ${path}`,
      operation.parse(item[method]),
    ]),
  ),
);

const event = z.object({
  routeKey: z.string().optional().catch(undefined),
  requestContext: z.object({ http: z.object({ method: z.string() }) }),
  pathParameters: z.record(z.string(), z.unknown()).nullish().catch(undefined),
  body: z.string().nullish().catch(undefined),
  isBase64Encoded: z.boolean().nullish().catch(undefined),
});

/**
 * The route of an event that a function was given; undefined when the function has no such route, or when method, route
 * key and parameters contradict each other, as in no event of API Gateway.
 */
function routeOf(functionName: string, given: unknown): string | undefined {
  const { data } = event.safeParse(given);
  if (!data) return undefined;
  const { routeKey, pathParameters, requestContext } = data;
  const names = Object.entries(pathParameters ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const candidates = [...OPERATIONS]
    .filter(([, { tags }]) => tags[0] === functionName)
    .map(([route]) => route)
    .filter((route) => route.startsWith(`${requestContext.http.method.toUpperCase()} `))
    .filter((route) => parametersOf(route) === names.toSorted().join());
  if (routeKey !== undefined) return candidates.find((route) => route === routeKey);
  // Of several with the same parameters (…/history) the shortest is meant, as they name their route.
  return candidates.toSorted((one, other) => one.length - other.length)[0];
}

function parametersOf(route: string): string {
  return [...route.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .toSorted()
    .join();
}

const compiled = new Map<string, ValidateFunction>();

/** What of a value is not as a schema says, in words. */
export function complaintsAbout(schema: unknown, value: unknown): string[] {
  const key = JSON.stringify(schema);
  const known = compiled.get(key) ?? ajv.compile(JSON.parse(key.replaceAll('"#/', '"api#/')));
  compiled.set(key, known);
  return known(value)
    ? []
    : (known.errors ?? []).map(
        ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
      );
}

/** Follows a reference within the description. */
function resolve(value: unknown): unknown {
  const reference = z.object({ $ref: z.string() }).safeParse(value).data?.$ref;
  if (reference === undefined) return value;
  return resolve(
    reference
      .slice(2)
      .split('/')
      .reduce<unknown>(
        (at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined),
        description,
      ),
  );
}

/** What stands at a place in the description, as in `$ref`. */
export function resolved(reference: string): unknown {
  return resolve({ $ref: reference });
}

/** What a described answer may hold, by media type. */
export function contentOf(described: unknown): Record<string, unknown> {
  return response.parse(resolve(described)).content ?? {};
}

/** Any problem, for events that are none of the function's. */
const PROBLEM = { $ref: '#/components/schemas/Problem' };

/** What of an answer is not as docs/openapi.yaml says; nothing for what is not HTTP at all. */
export function deviations(functionName: string, given: unknown, reply: Reply): string[] {
  const route = routeOf(functionName, given);
  const operation = route === undefined ? undefined : OPERATIONS.get(route);
  const described = operation?.responses[String(reply.status)];
  // API Gateway sends a function its own routes only; of schedules and slips, problems alone have a form.
  if (route === undefined) return reply.status >= 400 ? complaintsAbout(PROBLEM, reply.body) : [];
  if (described === undefined) return [`${route} answers ${reply.status}, which is not described`];
  const { headers, content } = response.parse(resolve(described));
  const [type, { schema } = { schema: undefined }] = Object.entries(content ?? {})[0] ?? [];
  return [
    ...(type === reply.headers['Content-Type']
      ? []
      : [`Content-Type is ${reply.headers['Content-Type']}, not ${type}`]),
    ...Object.entries(headers).flatMap(([name, value]) => headerComplaints(name, value, reply)),
    ...(content ? complaintsAbout(schema, reply.body) : bodyComplaint(reply)),
    ...requestComplaints(operation, given, reply),
    ...(reply.body?.retryable === true && !reply.headers['Retry-After'] ? ['retryable, and no Retry-After'] : []),
  ];
}

/** What is accepted is what a typed client can send; a plan takes also what Vapi would refuse. */
function requestComplaints(
  operation: DescribedOperation | undefined,
  given: unknown,
  { status, body: answer }: Reply,
): string[] {
  const { body, isBase64Encoded } = event.parse(given);
  const described = operation?.requestBody?.content['application/json'];
  const text = isBase64Encoded ? Buffer.from(body ?? '', 'base64').toString('utf8') : body;
  if (status >= 300 || answer?.dryRun || !described || !text?.trim()) return [];
  return complaintsAbout(described.schema, JSON.parse(text)).map((complaint) => `accepted, and the body ${complaint}`);
}

function bodyComplaint({ body }: Reply): string[] {
  return body === undefined ? [] : ['a body, and none is described'];
}

function headerComplaints(name: string, value: unknown, { headers }: Reply): string[] {
  const { required, schema } = header.parse(resolve(value));
  const given = headers[name];
  if (given === undefined) return required ? [`no ${name}`] : [];
  return complaintsAbout(schema, given).map((complaint) => `${name}: ${complaint}`);
}

/** Throws when an answer is not as docs/openapi.yaml says. */
export function assertDescribed(functionName: string, given: unknown, reply: Reply): void {
  // What answers a schedule is no answer of the API.
  if (isScheduledEvent(given)) return;
  const found = deviations(functionName, given, reply);
  if (found.length === 0) return;
  throw new Error(`Not as docs/openapi.yaml says: ${found.join('; ')}\n${JSON.stringify(reply)}`);
}

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ASSISTANT_FIELDS } from '../../src/domain/configuration/assistant-request.ts';
import { FLAT_FIELDS } from '../../src/domain/configuration/flat-fields.ts';
import { PROBLEMS } from '../../src/domain/problem.ts';
import type { Reply } from '../support/api-description.ts';
import { complaintsAbout, contentOf, deviations, OPERATIONS, resolved } from '../support/api-description.ts';
import { configuration } from '../support/configurations.ts';
import { startService } from '../support/service.ts';

const ROOT = join(import.meta.dirname, '../..');

const functions = z.record(
  z.string(),
  z.object({
    events: z.array(z.object({ httpApi: z.object({ method: z.string(), path: z.string() }).optional() }).loose()),
  }),
);

/** The routes of serverless.yml, each with its function. */
function servedRoutes(): [route: string, functionName: string][] {
  const document = parseDocument(readFileSync(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'silent' });
  const served = functions.parse(document.toJS().functions);
  return Object.entries(served).flatMap(([name, { events }]) =>
    events.flatMap(({ httpApi }): [string, string][] => (httpApi ? [[`${httpApi.method} ${httpApi.path}`, name]] : [])),
  );
}

it.each(servedRoutes())('%s is described, as a route of %s', (route, name) => {
  expect(OPERATIONS.get(route)?.tags).toEqual([name]);
});

it('every code is described, with its status', () => {
  const schema = { $ref: '#/components/schemas/ProblemCode' };
  for (const code of Object.keys(PROBLEMS)) expect(complaintsAbout(schema, code)).toEqual([]);
  expect(complaintsAbout(schema, 'SOMETHING_ELSE')).not.toEqual([]);
});

const examples = [...OPERATIONS].flatMap(([route, { requestBody }]) => {
  const content = requestBody?.content['application/json'];
  return Object.values(content?.examples ?? {}).map((example) => ({ route, schema: content?.schema, ...example }));
});

it.each(examples)('the example $summary of $route is that event’s body, and valid', ({ summary, value, schema }) => {
  expect(complaintsAbout(schema, value)).toEqual([]);
  const file = summary.replace('events/', '');
  const present = readdirSync(join(ROOT, 'events')).includes(file);
  const event = present
    ? JSON.parse(readFileSync(join(ROOT, 'events', file), 'utf8'))
    : { body: JSON.stringify(value) };
  expect(value).toEqual(JSON.parse(event.body));
});

it('every field that is accepted is described, and no other', () => {
  const accepted = [...ASSISTANT_FIELDS, ...FLAT_FIELDS, 'tools', 'traffic'];
  const described = z
    .record(z.string(), z.object({ description: z.string().optional() }))
    .parse(resolved('#/components/schemas/Configuration/properties'));
  expect(Object.keys(described).toSorted()).toEqual(accepted.toSorted());
});

const components = z.record(z.string(), z.record(z.string(), z.unknown()));
const problem = z.object({ code: z.string(), title: z.string(), status: z.number() });
const media = z.looseObject({
  schema: z.unknown(),
  example: z.unknown().optional(),
  examples: z.record(z.string(), z.object({ value: z.unknown() })).optional(),
});
const answers = [...OPERATIONS].flatMap(([route, { responses }]) =>
  Object.entries(responses).flatMap(([status, response]) =>
    Object.entries(contentOf(response)).map(([type, content]) => ({
      route,
      status,
      type,
      content: media.parse(content),
    })),
  ),
);

it.each(answers)('$route $status ($type) has an example, which is as described', ({ content }) => {
  const shown = content.examples ? Object.values(content.examples).map(({ value }) => value) : [content.example];
  for (const example of shown) {
    expect(example).toBeDefined();
    expect(complaintsAbout(content.schema, example)).toEqual([]);
  }
});

const ofCodes = z.object({ properties: z.object({ code: z.object({ enum: z.array(z.string()) }) }) });
const published = new Map<string, object>(Object.entries(PROBLEMS));
const problems = answers.filter(({ type }) => type === 'application/problem+json');

it.each(problems)('$route $status has an example of each code, with its title and status', ({ content, status }) => {
  const shown = Object.values(content.examples ?? {}).map(({ value }) => problem.parse(value));
  const [, { properties }] = z.object({ allOf: z.tuple([z.unknown(), ofCodes]) }).parse(content.schema).allOf;
  expect([...new Set(shown.map(({ code }) => code))].toSorted()).toEqual(properties.code.enum.toSorted());
  for (const { code, ...example } of shown) {
    expect(published.get(code)).toMatchObject(example);
    expect(String(example.status)).toBe(status);
  }
});

it.each([...OPERATIONS])(
  '%s may be answered by API Gateway itself, in another form than a problem',
  (route, { security }) => {
    const byGateway = answers.filter(
      (answer) => answer.route === route && answer.type === 'application/json' && answer.status >= '400',
    );
    const statuses = byGateway.map(({ status }) => status);
    // Without a signature API Gateway says 403; what it says 401 to is a token.
    const isForOperators = security !== undefined;
    expect(statuses).toEqual(expect.arrayContaining([...(isForOperators ? [] : ['401']), '403', '429', '500', '503']));
    expect(statuses.includes('401')).toBe(!isForOperators);
    for (const { content } of byGateway)
      expect(content.schema).toEqual({ $ref: '#/components/schemas/GatewayMessage' });
  },
);

it('every reference leads somewhere, and whatever is named is used', () => {
  const text = readFileSync(join(ROOT, 'docs/openapi.yaml'), 'utf8');
  const used = new Set([...text.matchAll(/\$ref: "(#\/components\/[^"]+)"/g)].map(([, reference = '']) => reference));
  for (const reference of used) expect([reference, resolved(reference)]).toEqual([reference, expect.anything()]);
  const named = Object.entries(components.parse(resolved('#/components'))).flatMap(([kind, entries]) =>
    kind === 'securitySchemes' ? [] : Object.keys(entries).map((name) => `#/components/${kind}/${name}`),
  );
  expect([...used].toSorted()).toEqual(named.toSorted());
});

/**
 * Places of objects of which nothing is said but that they are objects: a generated type takes no field at all there.
 */
function emptyObjects(schema: unknown, path = ''): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const isObject = 'type' in schema && [schema.type].flat().includes('object');
  const isEmpty = isObject && !('properties' in schema) && !('additionalProperties' in schema);
  const inside = Object.entries(schema).flatMap(([name, value]) => emptyObjects(value, `${path}/${name}`));
  return isEmpty ? [path, ...inside] : inside;
}

it('every object says which fields it has, or that it may have any', () => {
  expect(emptyObjects(resolved('#/components/schemas'))).toEqual([]);
});

describe('an answer that is not as described is noticed:', () => {
  let created: Reply;
  let refused: Reply;
  const event = (body: unknown) => ({
    routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
    requestContext: { http: { method: 'PUT' } },
    pathParameters: { orgId: 'acme', role: 'inbound' },
    body: JSON.stringify(body),
  });
  beforeAll(async () => {
    const service = await startService();
    created = await service.invoke('sync', event(configuration()));
    refused = await service.invoke('sync', event({ nonsense: 1 }));
    await service.stop();
  });

  it.each<[why: string, change: () => Reply]>([
    ['a field that is not described', () => ({ ...created, body: { ...created.body, secret: 'x' } })],
    ['a field that is missing', () => ({ ...created, body: { ...created.body, specHash: undefined } })],
    ['another type', () => ({ ...created, body: { ...created.body, revision: '1' } })],
    ['a value that is none of those', () => ({ ...created, body: { ...created.body, outcome: 'made' } })],
    [
      'something deep inside',
      () => ({ ...created, body: { ...created.body, voice: { ...created.body.voice, reason: 'x' } } }),
    ],
    ['another status', () => ({ ...created, status: 202 })],
    ['no operation id', () => ({ ...created, headers: { 'Content-Type': 'application/json' } })],
    ['another content type', () => ({ ...created, headers: { ...created.headers, 'Content-Type': 'text/plain' } })],
    ['a code with another status', () => ({ ...refused, body: { ...refused.body, code: 'NOT_FOUND' } })],
    [
      'a problem as plain JSON',
      () => ({ ...refused, headers: { ...refused.headers, 'Content-Type': 'application/json' } }),
    ],
    ['retryable without a time', () => ({ ...refused, body: { ...refused.body, retryable: true } })],
    ['a body where none is', () => ({ ...created, status: 204 })],
  ])('%s', (_why, change) => {
    expect(deviations('sync', event({}), created)).toEqual([]);
    expect(deviations('sync', event({}), refused)).toEqual([]);
    expect(deviations('sync', event({}), change())).not.toEqual([]);
  });

  it('a body that was accepted, with a field that is not described', () => {
    expect(deviations('sync', event({ modle: {} }), created)).not.toEqual([]);
    expect(deviations('sync', event({ modle: {} }), refused)).toEqual([]);
  });
});

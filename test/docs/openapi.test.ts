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
  const accepted = [...ASSISTANT_FIELDS, ...FLAT_FIELDS, 'tools'];
  const described = z
    .record(z.string(), z.object({ description: z.string().optional() }))
    .parse(resolved('#/components/schemas/Configuration/properties'));
  expect(Object.keys(described).toSorted()).toEqual(accepted.toSorted());
});

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

it.each([...OPERATIONS.keys()])('%s may be answered by API Gateway itself, before the function is called', (route) => {
  const responses = OPERATIONS.get(route)?.responses ?? {};
  expect(Object.keys(responses)).toEqual(expect.arrayContaining(['401', '403', '429']));
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
});

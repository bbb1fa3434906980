import { z } from 'zod';
import { ASSISTANT } from '../../local/vapi/assistant-schema.ts';
import {
  complaintsAbout,
  type DescribedOperation,
  OPERATIONS,
  type Reply,
  resolved,
} from '../support/api-description.ts';
import { configuration } from '../support/configurations.ts';
import { startService, type TestService } from '../support/service.ts';

const parameter = z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: z.unknown() });
const reference = z.object({ $ref: z.string() });
const functionName = z.enum(['sync', 'status', 'fleet', 'templates', 'rollouts', 'verify', 'drift']);

function parametersOf({ parameters }: DescribedOperation, kind: z.output<typeof parameter>['in']): string[] {
  const described = parameters.map((given) => parameter.parse(resolved(reference.parse(given).$ref)));
  return described.flatMap(({ name, in: at }) => (at === kind ? [name] : [])).toSorted();
}

let service: TestService;
let bodies: Record<string, unknown>;

beforeAll(async () => {
  service = await startService();
  const { body } = await service.put('globex', 'inbound', configuration());
  bodies = {
    'PUT /orgs/{orgId}/assistants/{role}': configuration(),
    'POST /orgs/{orgId}/assistants/{role}/rollback': { specHash: body.specHash },
    'PUT /orgs/{orgId}': {},
  };
});
afterAll(() => service.stop());

type Sent = { headers?: Record<string, string>; query?: Record<string, string> };

async function send(route: string, { headers = {}, query = {} }: Sent): Promise<Reply> {
  const name = functionName.parse(OPERATIONS.get(route)?.tags[0]);
  const [method] = route.split(' ');
  const pathParameters = Object.fromEntries(
    [...route.matchAll(/\{(\w+)\}/g)].map(([, given = '']) => [
      given,
      { orgId: 'globex', role: 'inbound' }[given] ?? 'x',
    ]),
  );
  const body = bodies[route] === undefined ? {} : { body: JSON.stringify(bodies[route]) };
  const event = { version: '2.0', routeKey: route, headers, requestContext: { http: { method } }, ...body };
  return await service.invoke(name, { ...event, pathParameters, queryStringParameters: query });
}

const routes = [...OPERATIONS.keys()];

it.each(routes)('%s: the query parameters that it takes are described, and no others', async (route) => {
  const operation = OPERATIONS.get(route);
  const { body } = await send(route, { query: { nothingLikeAnyOfThem: '1' } });
  const described = operation ? parametersOf(operation, 'query') : [];
  const [, taken = ''] = /this route takes (.*)$/.exec(body.detail) ?? [];
  expect(taken === 'none' ? [] : taken.split(', ').toSorted()).toEqual(described);
});

it.each(
  routes.flatMap((route) => ['If-Match', 'If-None-Match', 'X-Operation-Id'].map((header) => ({ route, header }))),
)('$route: $header is described where it is read, and nowhere else', async ({ route, header }) => {
  const operation = OPERATIONS.get(route);
  const { body } = await send(route, { headers: { [header.toLowerCase()]: 'not one of them' } });
  const isRead = body?.errors?.[0]?.field === header;
  expect(operation && parametersOf(operation, 'header').includes(header)).toBe(isRead);
});

describe('a field of a configuration has the type that Vapi takes:', () => {
  const SAMPLES = ['text', 12, true, [], ['text'], [{}], {}];
  const described = z.record(z.string(), z.unknown()).parse(resolved('#/components/schemas/Configuration/properties'));

  it.each(Object.entries(ASSISTANT.fields))('%s', (name, check) => {
    // What is inside of an object is another matter: there the sample itself is complained about.
    const isTaken = (value: unknown) => !check(value, name).some((complaint) => complaint.startsWith(`${name} `));
    const isDescribed = (value: unknown) =>
      !complaintsAbout(described[name], value).some((complaint) => complaint.startsWith(' must be'));
    expect(SAMPLES.filter(isDescribed)).toEqual(SAMPLES.filter(isTaken));
    expect(complaintsAbout(described[name], null)).toEqual([]);
  });
});

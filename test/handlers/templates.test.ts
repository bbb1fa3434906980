import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration, PROMPT } from '../support/configurations.ts';
import { PLATFORM_KEY, type TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;
let templateId: string;
useService((given) => {
  ({ service, org } = given);
  templateId = `t-${org}`;
});

const assistant = (extra: JsonObject = {}): JsonObject => ({
  ...configuration(),
  name: '${clinicName}',
  maxDurationSeconds: '${maxSeconds}',
  model: {
    provider: 'openai',
    model: 'gpt-4o',
    messages: [{ role: 'system', content: `${PROMPT} \${clinicName} {{now}}` }],
  },
  ...extra,
});
const variables = { clinicName: { type: 'string', required: true }, maxSeconds: { type: 'number', default: 600 } };

const request = (method: string, path: string, pathParameters: object, body?: unknown, headers = {}) =>
  service.invoke('templates', {
    routeKey: `${method} ${path}`,
    requestContext: { http: { method } },
    pathParameters,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const putTemplate = (content: object, headers = {}) =>
  request('PUT', '/templates/{templateId}', { templateId }, content, headers);
const getTemplate = () => request('GET', '/templates/{templateId}', { templateId });
const putVariables = (values: object) => request('PUT', '/orgs/{orgId}/variables', { orgId: org }, values);
const bind = (extra: object = {}, options = {}) =>
  service.put(org, 'inbound', { template: templateId, ...extra }, options);
const callsOf = ({ vapi }: TestService) => vapi.requests.length;
const live = (id: string) => service.vapi.assistants(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '').find((one) => one.id === id);

it('a content is a version; the same content is the version it was', async () => {
  expect(await putTemplate({ variables, assistant: assistant() })).toMatchObject({
    status: 201,
    headers: { ETag: '"1"' },
    body: { templateId, version: 1, outcome: 'created' },
  });
  expect(await putTemplate({ assistant: assistant(), variables })).toMatchObject({
    status: 200,
    body: { version: 1, outcome: 'unchanged' },
  });
  const next = { variables, assistant: assistant({ firstMessage: 'Good day' }) };
  expect((await putTemplate(next, { 'if-match': '"4"' })).status).toBe(412);
  expect((await putTemplate(next, { 'if-match': '"1"' })).body).toMatchObject({ version: 2, outcome: 'updated' });
  expect((await getTemplate()).body).toMatchObject({ version: 2, assistant: { firstMessage: 'Good day' } });
  const first = await request('GET', '/templates/{templateId}/versions/{version}', { templateId, version: '1' });
  expect(first.body).toMatchObject({ version: 1, assistant: { firstMessage: 'Hello!' }, variables });
  expect(
    (await request('GET', '/templates/{templateId}/versions/{version}', { templateId, version: '9' })).status,
  ).toBe(404);
  const { body } = await request('GET', '/templates', {});
  expect(body.items).toContainEqual(expect.objectContaining({ templateId, version: 2 }));
});

it('all that is wrong with a template is said at once', async () => {
  const reply = await putTemplate({
    roles: ['sideways'],
    variables: {
      unused: { type: 'string' },
      maxSeconds: { type: 'number', default: 'many' },
      fine: { type: 'string' },
    },
    assistant: {
      ...assistant({ firstMessage: 7, wrong: 1, name: '${fine} ${other}' }),
      model: { provider: '${fine}' },
    },
  });
  expect(reply).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  const fields = reply.body.errors.map(({ field }: { field: string }) => field);
  for (const field of ['roles.0', 'variables.unused', 'variables.maxSeconds.default', 'variables.other']) {
    expect(fields).toContain(field);
  }
  expect(fields).toEqual(
    expect.arrayContaining(['assistant.firstMessage', 'assistant.wrong', 'assistant.model.model']),
  );
  expect(fields).not.toContain('assistant.maxDurationSeconds');
  expect((await getTemplate()).status).toBe(404);
});

it('defaults, over them the organisation’s values, over them the request’s', async () => {
  await putTemplate({ variables, assistant: assistant() });
  expect(await bind()).toMatchObject({
    status: 422,
    body: { code: 'VARIABLES_MISSING', errors: [{ field: 'variables.clinicName' }] },
  });
  await putVariables({ clinicName: 'North', maxSeconds: 300 });
  const { body } = await bind({ overrides: { firstMessage: 'Hi', voice: { speed: 1.1 } } });
  expect(body).toMatchObject({ outcome: 'created' });
  expect(live(body.assistantId)).toMatchObject({
    name: 'North',
    maxDurationSeconds: 300,
    firstMessage: 'Hi',
    voice: { voiceId: 'en-US-AndrewNeural', speed: 1.1 },
  });
  expect(await bind({ variables: { maxSeconds: 120 } })).toMatchObject({ body: { outcome: 'updated' } });
  expect(live(body.assistantId)).toMatchObject({ maxDurationSeconds: 120, firstMessage: 'Hello!' });
  expect((await service.get(org, 'inbound')).body).toMatchObject({ template: { id: templateId, version: 1 } });
});

it('values have names, and one without is said as it is written', async () => {
  const { status, body } = await putVariables({ '': 1, 'x-y': 2 });
  expect([status, body.errors.map(({ field }: { field: string }) => field)]).toEqual([400, ['""', 'x-y']]);
});

it.each([
  ['a value of another type', { variables: { clinicName: 7 } }, 400],
  ['an unknown variable', { variables: { clinicName: 'N', other: 1 } }, 400],
  ['a configuration field beside the template', { firstMessage: 'Hi' }, 400],
  ['a version that is not there', { version: 9 }, 422],
])('%s is refused', async (_name, extra, status) => {
  await putTemplate({ variables, assistant: assistant() });
  expect((await bind(extra)).status).toBe(status);
  expect(callsOf(service)).toBe(0);
});

it('a PUT that only moves, adds or takes away the binding is one table write', async () => {
  await putTemplate({ variables, assistant: assistant() });
  await putTemplate({ variables, assistant: assistant(), description: 'the same' });
  const { body } = await bind({ version: 1, variables: { clinicName: 'North' } });
  await service.announce();
  const told = service.bus.events.length;
  const config = {
    ...assistant(),
    name: 'North',
    maxDurationSeconds: 600,
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: `${PROMPT} North {{now}}` }] },
  };
  for (const [index, put] of [
    () => bind({ version: 2, variables: { clinicName: 'North' } }),
    () => service.put(org, 'inbound', config),
    () => bind({ variables: { clinicName: 'North' } }),
  ].entries()) {
    service.clearCounts();
    expect((await put()).body).toMatchObject({ outcome: 'unchanged', revision: body.revision + 1 + index });
    expect(service.tableOperations.filter((name) => !/Query|Get/.test(name))).toEqual(['UpdateItem']);
    expect(callsOf(service)).toBe(1);
  }
  service.clearCounts();
  await bind({ variables: { clinicName: 'North' } });
  expect(service.tableOperations.filter((name) => !/Query|Get/.test(name))).toEqual([]);
  await service.announce();
  expect(service.bus.events).toHaveLength(told);
  const { specHash } = (await service.get(org, 'inbound')).body;
  await service.rollBack(org, 'inbound', { specHash });
  expect((await service.get(org, 'inbound')).body).toMatchObject({ template: null, revision: body.revision + 4 });
});

it('names stand for ids of the organisation’s own account', async () => {
  const account = PLATFORM_KEY;
  const make = (path: string, body: JsonObject) => call(service.vapi, `POST ${path}`, { key: account, body });
  const tool = await make('/tool', { type: 'function', function: { name: `book_${org.replace('-', '_')}` } });
  const credential = await make('/credential', { name: `crm-${org}`, provider: 'webhook' });
  const refs = (name: string) => ({
    assistant: assistant({
      name: 'Desk',
      maxDurationSeconds: 60,
      server: { url: 'https://x.example', credentialId: { $ref: { credential: `crm-${org}` } } },
      model: { provider: 'openai', model: 'gpt-4o', toolIds: [{ $ref: { tool: name } }] },
    }),
  });
  await putTemplate(refs(`book_${org.replace('-', '_')}`));
  const { body } = await bind();
  expect(live(body.assistantId)).toMatchObject({
    server: { credentialId: credential.json.id },
    model: { toolIds: [tool.json.id] },
  });
  service.clearCounts();
  expect((await bind()).body.outcome).toBe('unchanged');
  expect(callsOf(service)).toBe(1);
  await putTemplate(refs('nothing'));
  expect(await bind()).toMatchObject({
    status: 422,
    body: { code: 'REFERENCE_UNRESOLVED', errors: [{ field: '$ref.tool.nothing' }] },
  });
});

it('a dry run checks a template and values, says what would come of them, and writes nothing', async () => {
  const plan = async (content: object) => {
    const event = { routeKey: 'PUT /templates/{templateId}', requestContext: { http: { method: 'PUT' } } };
    const asked = { pathParameters: { templateId }, queryStringParameters: { dryRun: 'true' } };
    return await service.invoke('templates', { ...event, ...asked, body: JSON.stringify(content) });
  };
  const content = { assistant: configuration() };
  expect(await plan(content)).toMatchObject({ status: 200, body: { version: 1, outcome: 'created' } });
  expect((await getTemplate()).status).toBe(404);
  expect((await plan({ assistant: configuration({ name: '${name}' }) })).status).toBe(400);
  await putTemplate(content);
  expect((await plan(content)).body).toMatchObject({ version: 1, outcome: 'unchanged' });
  const event = { routeKey: 'PUT /orgs/{orgId}/variables', requestContext: { http: { method: 'PUT' } } };
  const asked = { pathParameters: { orgId: org }, queryStringParameters: { dryRun: 'true' } };
  const values = { clinicName: 'North' };
  const planned = await service.invoke('templates', { ...event, ...asked, body: JSON.stringify(values) });
  expect(planned).toMatchObject({ status: 200, body: values });
  const found = await request('GET', '/orgs/{orgId}/variables', { orgId: org });
  expect(found.body).toEqual({});
});

it('a dry run says whether the binding changes, also when nothing else does', async () => {
  await putTemplate({ assistant: configuration() });
  await service.put(org, 'inbound', configuration());
  const dryRun = { query: { dryRun: 'true' } };
  expect((await bind({}, dryRun)).body).toMatchObject({ plan: 'unchanged', rebinds: true });
  await bind();
  expect((await bind({}, dryRun)).body).toMatchObject({ plan: 'unchanged', rebinds: false });
  const plain = await service.put(org, 'inbound', configuration(), dryRun);
  expect(plain.body).toMatchObject({ plan: 'unchanged', rebinds: true });
});

it('a wish about traffic is refused among the overrides, and not passed over', async () => {
  await putTemplate({ assistant: configuration() });
  expect(await bind({ overrides: { traffic: 'follow-latest' } })).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'overrides.traffic' }] },
  });
});

it('a reference that is none is refused with the template, and not only with each that is bound to it', async () => {
  const variables = { tool: { type: 'string' } };
  const toolIds = [
    { $ref: { widget: 'x' } },
    { $ref: { tool: '${tool}' } },
    { $ref: '${tool}' },
    { $ref: { tool: 'x' } },
  ];
  const model = { provider: 'openai', model: 'gpt-4o', toolIds };
  expect((await putTemplate({ variables, assistant: { ...configuration(), model } })).body).toMatchObject({
    code: 'VALIDATION_FAILED',
    errors: [{ field: 'assistant.model.toolIds.0' }],
  });
});

it('a null is a value: it stands before what others give, and is none of a text or a number', async () => {
  await putTemplate({
    variables: { note: { type: 'json', default: { by: 'default' } }, greeting: { type: 'string', default: 'Hello' } },
    assistant: { ...configuration(), artifactPlan: '${note}', firstMessage: '${greeting}' },
  });
  await putVariables({ note: { by: 'organisation' } });
  const { assistantId } = (await bind({ variables: { note: null } })).body;
  expect(live(assistantId)?.artifactPlan ?? null).toBeNull();
  expect(await bind({ variables: { greeting: null } })).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'variables.greeting' }] },
  });
});

it.each([
  ['a number that JSON has not', '{"a": 1e999}'],
  ['a text that is no valid Unicode', '{"a": "\\ud800"}'],
  ['a field that is the prototype of every object', '{"a": {"__proto__": 1}}'],
])('refuses variables with %s, as nothing can be made of them', async (_name, body) => {
  const event = { routeKey: 'PUT /orgs/{orgId}/variables', requestContext: { http: { method: 'PUT' } } };
  const answer = await service.invoke('templates', { ...event, pathParameters: { orgId: org }, body });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'body' }] } });
});

it('variables are replaced only as they were read, where the request says so', async () => {
  const put = (values: object, headers: Record<string, string>) =>
    service.invoke('templates', {
      routeKey: 'PUT /orgs/{orgId}/variables',
      requestContext: { http: { method: 'PUT' } },
      pathParameters: { orgId: org },
      headers,
      body: JSON.stringify(values),
    });
  const none = await request('GET', '/orgs/{orgId}/variables', { orgId: org });
  const first = await put({ clinicName: 'North' }, { 'if-match': none.headers?.ETag ?? '' });
  expect(first.status).toBe(200);
  const stale = await put({ clinicName: 'lost' }, { 'If-Match': none.headers?.ETag ?? '' });
  expect(stale).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
  const tag = { 'if-match': first.headers?.ETag ?? '' };
  const both = await Promise.all([put({ clinicName: 'a' }, tag), put({ clinicName: 'b' }, tag)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([200, 412]);
  for (const given of ['*', '"1"', `W/${tag['if-match']}`]) {
    expect(await put({}, { 'if-match': given })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'If-Match' }] },
    });
  }
});

it('refuses overrides that could never be compared, also where they take something away', async () => {
  await putTemplate({ assistant: configuration() });
  const answer = await bind({ overrides: { metadata: { '\ud800': null } } });
  expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'body' }] } });
});

it('what is given with a binding comes back to the letter, whatever numbers and depth it has', async () => {
  const deep = Array.from({ length: 45 }).reduce<JsonObject>((inner) => ({ inner }), {});
  const given = { huge: 1e300, tiny: 1e-200, digits: 1e19, deep, '': null };
  await putTemplate({
    variables: { note: { type: 'json' } },
    assistant: { ...configuration(), metadata: { note: '${note}' } },
  });
  const asked = { variables: { note: given }, overrides: { metadata: { more: given } } };
  expect(await bind(asked)).toMatchObject({ status: 201, body: { outcome: 'created' } });
  expect((await bind(asked)).body).toMatchObject({ outcome: 'unchanged', revision: 1 });
  const { mappings } = await service.app.sync.mappings.read(org);
  expect(mappings[0]?.template).toMatchObject(asked);
});

it('shows no secrets of templates and values, and refuses what stands in their place', async () => {
  const headers = { 'x-hook': '${hookToken}' };
  const server = { url: 'https://example.com', headers: { ...headers, 'x-key': 'hush' } };
  const declared = { hookToken: { type: 'string', default: 'key-of-the-template' } };
  await putTemplate({ variables: declared, assistant: configuration({ server }) });
  const { body: shown } = await getTemplate();
  expect(shown).toMatchObject({
    variables: { hookToken: { type: 'string', default: '[hidden]' } },
    assistant: { server: { headers: { ...headers, 'x-key': '[hidden]' } } },
  });
  const { templateId: _id, version: _version, hash: _hash, ...content } = shown;
  expect(await putTemplate(content)).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'variables.hookToken.default' }, { field: 'assistant.server.headers.x-key' }] },
  });
  const one = await putVariables({ hookToken: 'one', clinicName: 'North' });
  const read = await request('GET', '/orgs/{orgId}/variables', { orgId: org });
  for (const { body } of [one, read]) expect(body).toEqual({ hookToken: '[hidden]', clinicName: 'North' });
  expect(read.headers?.ETag).toBe(one.headers?.ETag);
  expect((await putVariables(read.body)).status).toBe(400);
  const other = await putVariables({ hookToken: 'two', clinicName: 'North' });
  expect(other.body).toEqual(read.body);
  expect(other.headers?.ETag).not.toBe(one.headers?.ETag);
  expect(await bind({ variables: { hookToken: '[hidden]' } })).toMatchObject({
    status: 400,
    body: { errors: [{ field: 'variables.hookToken' }] },
  });
  expect(await bind()).toMatchObject({ status: 201 });
  const { assistantId } = (await service.get(org, 'inbound')).body;
  expect(live(assistantId)).toMatchObject({ server: { headers: { 'x-key': 'hush', 'x-hook': 'two' } } });
});

it('values that would fill a template beyond any measure are a 400', async () => {
  const text = { type: 'string', default: 'x'.repeat(100_000) };
  const content = { variables: { text }, assistant: configuration({ firstMessage: '${text}'.repeat(15_000) }) };
  expect((await putTemplate(content)).status).toBe(201);
  expect(await bind()).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
  expect(await bind({ overrides: { firstMessage: 'short' } })).toMatchObject({ status: 400 });
  expect(callsOf(service)).toBe(0);
});

import { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import { PhoneNumbersClient } from '@vapi-ai/server-sdk/phoneNumbers';
import { ToolsClient } from '@vapi-ai/server-sdk/tools';
import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { PLATFORM_KEY } from './vapi-caller.ts';

let vapi: VapiStandIn;
let assistants: AssistantsClient;
let tools: ToolsClient;
let numbers: PhoneNumbersClient;

beforeAll(async () => {
  vapi = await startVapi();
  const options = { token: PLATFORM_KEY, baseUrl: vapi.url, maxRetries: 0 };
  assistants = new AssistantsClient(options);
  tools = new ToolsClient(options);
  numbers = new PhoneNumbersClient(options);
});
afterAll(() => vapi.close());

const NOBODY = '00000000-0000-4000-8000-000000000000';
const model = { provider: 'openai', model: 'gpt-4o' } as const;

// The stand-in is otherwise asked by this project alone: a client that others wrote holds it to what Vapi is.
it('the official SDK makes, reads, lists, changes and deletes an assistant', async () => {
  const made = await assistants.create({ name: 'By the SDK', model });
  expect(made).toMatchObject({ name: 'By the SDK', orgId: LOCAL_ACCOUNTS[PLATFORM_KEY] });
  expect(await assistants.get({ id: made.id })).toEqual(made);
  expect((await assistants.list({ limit: 10 })).map(({ id }) => id)).toContain(made.id);
  const changed = await assistants.update({ id: made.id, firstMessage: 'Hello' });
  expect(changed).toMatchObject({ id: made.id, name: 'By the SDK', firstMessage: 'Hello' });
  await assistants.delete({ id: made.id });
  await expect(assistants.get({ id: made.id })).rejects.toMatchObject({ statusCode: 404 });
});

it('and a tool', async () => {
  const made = await tools.create({ type: 'function', function: { name: 'book' } });
  expect(await tools.get({ id: made.id })).toEqual(made);
  expect((await tools.list({ limit: 10 })).map(({ id }) => id)).toContain(made.id);
  await tools.delete({ id: made.id });
  await expect(tools.delete({ id: made.id })).rejects.toMatchObject({ statusCode: 404 });
});

it('and points a phone number', async () => {
  const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
  vapi.seed({ account, resource: 'phone-number', id: NOBODY, body: { provider: 'vapi' } });
  const { id: assistantId } = await assistants.create({ model });
  await numbers.update({ id: NOBODY, body: { provider: 'vapi', assistantId } });
  expect(await numbers.get({ id: NOBODY })).toMatchObject({ assistantId });
  expect(await numbers.list({ limit: 10 })).toMatchObject([{ id: NOBODY }]);
});

it('it finds a refusal where Vapi puts it', async () => {
  await expect(assistants.create({ name: 'x'.repeat(41), model })).rejects.toMatchObject({
    statusCode: 400,
    body: { message: [expect.stringContaining('name')] },
  });
  await expect(assistants.update({ id: NOBODY, name: 'Gone' })).rejects.toMatchObject({ statusCode: 404 });
  const stranger = new AssistantsClient({ token: 'wrong', baseUrl: vapi.url, maxRetries: 0 });
  await expect(stranger.list({})).rejects.toMatchObject({ statusCode: 401 });
});

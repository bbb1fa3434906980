import { configuration } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

describe('If-None-Match: *', () => {
  const headers = { 'if-none-match': '*' };

  it('makes an assistant where there is none, and changes none that is there', async () => {
    expect(await service.put(org, 'inbound', configuration(), { headers })).toMatchObject({ status: 201 });
    service.clearCounts();
    const again = await service.put(org, 'inbound', configuration({ name: 'Other' }), { headers });
    expect(again).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
    expect(calls(service.vapi)).toEqual([]);
  });

  it('of many at once, one makes it and the others are refused', async () => {
    const asked = Array.from({ length: 5 }, () => service.put(org, 'inbound', configuration(), { headers }));
    const statuses = (await Promise.all(asked)).map(({ status }) => status).toSorted();
    expect(statuses).toEqual([201, 412, 412, 412, 412]);
  });

  it.each([['"1"'], ['W/"1"'], ['']])('%j is not known, and refused', async (tag) => {
    const reply = await service.put(org, 'inbound', configuration(), { headers: { 'if-none-match': tag } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'If-None-Match' }] } });
  });
});

describe('a PUT without a model', () => {
  it.each([[{}], [{ name: 'Only a name' }], [{ model: null }]])(
    '%j would empty the assistant, and is refused',
    async (body) => {
      await service.put(org, 'inbound', configuration());
      service.clearCounts();
      const reply = await service.put(org, 'inbound', body);
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'model' }] } });
      expect(calls(service.vapi)).toEqual([]);
    },
  );

  it('is carried out when that is said', async () => {
    const reply = await service.put(org, 'inbound', { name: 'Empty' }, { query: { allowEmpty: 'true' } });
    expect(reply).toMatchObject({ status: 201 });
  });

  it('has one when older callers send it flat', async () => {
    const flat = { systemPrompt: 'top-secret-prompt', modelProvider: 'openai', modelName: 'gpt-4o' };
    expect(await service.put(org, 'inbound', flat)).toMatchObject({ status: 201 });
  });
});

it.each([['verify-1'], ['Verify-x']])(
  '%s is a name of the verification suite, which removes it again',
  async (name) => {
    expect(await service.put(name, 'inbound', configuration())).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'orgId' }] },
    });
  },
);

describe('keys in a configuration', () => {
  const withKeys = configuration({ credentials: [{ provider: '11labs', apiKey: 'wrong-key' }] });

  it.each([[{ provider: '11labs', apiKey: 'wrong-key' }], ['wrong-key'], [{}], [7]])(
    '%j is no list, and is refused before it is stored',
    async (credentials) => {
      await service.put(org, 'inbound', configuration());
      const reply = await service.put(org, 'inbound', configuration({ credentials }));
      expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'credentials' }] } });
      expect(await service.app.sync.history.list({ orgId: org, role: 'inbound' })).toHaveLength(1);
    },
  );

  it('are refused, as they would be stored: a credential of Vapi is named instead', async () => {
    const reply = await service.put(org, 'inbound', withKeys);
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'credentials' }] } });
    expect(reply.body.detail).toContain('credentialIds');
  });

  it('are taken where the deployment allows it', async () => {
    const allowing = service.anotherEnvironment({ settings: { INLINE_CREDENTIALS: 'allow' } });
    expect(await allowing.put(org, 'inbound', withKeys)).toMatchObject({ status: 201 });
  });
});

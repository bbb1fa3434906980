import type { JsonObject } from '../../src/domain/json.ts';
import type { Reply } from '../support/api-description.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const TOOL = {
  type: 'function',
  function: { name: 'lookUp' },
  server: { url: 'https://example.com', secret: 'wrong-key' },
};
const SERVER = { url: 'https://example.com/hook', headers: { Authorization: 'Bearer wrong-key' } };

function read(path: JsonObject, query?: Record<string, string>) {
  const suffix = path.specHash ? '/history/{specHash}' : '';
  return service.invoke('status', {
    version: '2.0',
    routeKey: `GET /orgs/{orgId}/assistants/{role}${suffix}`,
    requestContext: { http: { method: 'GET' } },
    pathParameters: { orgId: org, role: 'inbound', ...path },
    ...(query ? { queryStringParameters: query } : {}),
  });
}
const WITH = { include: 'configuration' };

describe('GET with include=configuration', () => {
  it('shows what was applied last, prompts and tools with it, secrets hidden', async () => {
    await service.put(org, 'inbound', configuration({ tools: [TOOL], server: SERVER }));
    service.clearCounts();
    const { status, body } = await read({}, WITH);
    expect(status).toBe(200);
    expect(body.configuration).toEqual({
      ...configuration(),
      metadata: {},
      server: { url: SERVER.url, headers: { Authorization: '[hidden]' } },
      tools: [{ ...TOOL, server: { url: 'https://example.com', secret: '[hidden]' } }],
    });
    expect(service.tableOperations).toEqual(['Query', 'GetItem']);
  });

  it('what is shown can be PUT again, and changes nothing', async () => {
    await service.put(org, 'inbound', configuration());
    const { body } = await read({}, WITH);
    expect(await service.put(org, 'inbound', body.configuration)).toMatchObject({ body: { outcome: 'unchanged' } });
  });

  it('shows an earlier one from the history', async () => {
    const first = await service.put(org, 'inbound', withPrompt('one'));
    await service.put(org, 'inbound', withPrompt('two'));
    const { status, body } = await read({ specHash: first.body.specHash }, WITH);
    expect({ status, current: body.current }).toEqual({ status: 200, current: false });
    expect(body.configuration.model.messages[0].content).toContain('one');
    const without = await read({ specHash: first.body.specHash });
    expect(without.body.configuration).toBeUndefined();
  });

  it('is null where nothing was applied, and nothing is there without it', async () => {
    await service.put(org, 'inbound', configuration());
    expect((await read({})).body.configuration).toBeUndefined();
    expect(await read({ specHash: 'f'.repeat(64) }, WITH)).toMatchObject({ status: 404 });
    expect(await read({}, { include: 'everything' })).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'include' }] },
    });
  });
});

describe('the decision about a voice shows no secret of it', () => {
  const voice = { provider: 'custom-voice', server: SERVER };
  const hidden = { ...voice, server: { url: SERVER.url, headers: { Authorization: '[hidden]' } } };
  const fallbackPlan = { voices: [voice] };

  it.each<[what: string, answer: () => Promise<Reply>]>([
    ['of a PUT', () => service.put(org, 'inbound', configuration({ voice }))],
    ['of a dry run', () => service.put(org, 'inbound', configuration({ voice }), { query: { dryRun: 'true' } })],
    [
      'of a rollback, which anybody of the organisation may ask for',
      async () => {
        const { body } = await service.put(org, 'inbound', configuration({ voice }));
        return await service.rollBack(org, 'inbound', { specHash: body.specHash });
      },
    ],
  ])('in the answer %s', async (_what, answer) => {
    expect((await answer()).body.voice).toEqual({ requested: hidden, applied: hidden, reason: 'supported' });
  });

  it('nor of a fallback', async () => {
    const { body } = await service.put(
      org,
      'inbound',
      configuration({ voice: { provider: 'azure', voiceId: 'en-US-AndrewNeural', fallbackPlan } }),
    );
    expect(body.voice.fallbacks).toEqual([{ requested: hidden, applied: hidden, reason: 'supported' }]);
    expect(JSON.stringify(body)).not.toContain('wrong-key');
  });
});

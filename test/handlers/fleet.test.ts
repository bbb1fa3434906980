import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { PLATFORM_KEY } from '../local/vapi-caller.ts';
import { removeUpstream } from '../performance/remove-upstream.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import { ACME_KEY, startService, type TestService } from '../support/service.ts';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
beforeEach(() => service.clearCounts());
afterAll(() => service.stop());

const http = { version: '2.0', requestContext: { http: { method: 'GET' } } };
const list = async (query: Record<string, string> = {}) =>
  await service.invoke('fleet', { ...http, routeKey: 'GET /assistants', queryStringParameters: query });
const find = (assistantId: string) =>
  service.invoke('fleet', { ...http, routeKey: 'GET /assistants/{assistantId}', pathParameters: { assistantId } });

/** All pages of a list, and what happens between two of them. */
async function walk(query: Record<string, string>, between: () => Promise<unknown> = async () => {}) {
  const names: string[] = [];
  let cursor: string | null = null;
  do {
    const { body }: Awaited<ReturnType<typeof list>> = await list({ ...query, ...(cursor ? { cursor } : {}) });
    names.push(...body.items.map(({ orgId, role }: { orgId: string; role: string }) => `${orgId}/${role}`));
    cursor = body.next;
    if (cursor) await between();
  } while (cursor);
  return names;
}

describe('GET /assistants', () => {
  it('shows each assistant as GET of its organisation does, in one query and without a configuration', async () => {
    await service.put('one', 'inbound', withPrompt('one'));
    const { body: single } = await service.get('one', 'inbound');
    service.clearCounts();
    const { status, body } = await list();
    const item = body.items.find(({ orgId }: { orgId: string }) => orgId === 'one');
    expect({ status, item }).toEqual({ status: 200, item: single });
    expect(single).toMatchObject({
      summary: { name: 'Front desk', model: 'openai/gpt-4o', voice: 'azure/en-US-AndrewNeural' },
      template: null,
      live: 'current',
      changedBy: { kind: 'local', id: 'PUT /orgs/{orgId}/assistants/{role}' },
      changedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('goes through all of them page by page, while others are made and removed', async () => {
    const stay = Array.from({ length: 12 }, (_, index) => `stay-${String(index).padStart(2, '0')}`);
    for (const org of stay) await service.put(org, 'outbound', configuration());
    let round = 0;
    const names = await walk({ limit: '3' }, async () => {
      round += 1;
      await service.put(`new-${round}`, 'inbound', configuration());
      if (round > 1) await service.remove(`new-${round - 1}`, 'inbound');
    });
    for (const org of stay) expect(names.filter((name) => name === `${org}/outbound`)).toHaveLength(1);
    expect(new Set(names).size).toBe(names.length);
  });

  it('puts one that is made again at the end', async () => {
    await service.put('again', 'inbound', configuration());
    await service.put('after', 'inbound', configuration());
    await removeUpstream(service, 'again');
    await service.put('again', 'inbound', configuration());
    const names = await walk({});
    expect(names.indexOf('again/inbound')).toBeGreaterThan(names.indexOf('after/inbound'));
  });

  it('lists the own account of an organisation, and nothing for one that there is not', async () => {
    service.secrets.put(service.secretName('own'), { apiKey: ACME_KEY });
    await service.anotherEnvironment().put('own', 'inbound', configuration());
    expect(await walk({ scope: 'org:own' })).toEqual(['own/inbound']);
    expect(await walk({})).not.toContain('own/inbound');
    expect((await list({ scope: 'org:nobody' })).body).toEqual({ items: [], next: null });
  });

  it('filters by state and by what the last drift run found', async () => {
    await service.put('gone', 'inbound', configuration());
    await removeUpstream(service, 'gone');
    await runDrift(service, 'report');
    expect(await walk({ drift: 'missing' })).toEqual(['gone/inbound']);
    expect(await walk({ drift: 'none' })).not.toContain('gone/inbound');
    expect(await walk({ state: 'unresolved' })).toEqual([]);
    expect(await walk({ state: 'synced' })).toContain('gone/inbound');
    expect(await walk({ template: 'clinic' })).toEqual([]);
  });

  it.each([
    ['limit', '0'],
    ['limit', '201'],
    ['limit', 'many'],
    ['limit', ' '],
    ['limit', '0x10'],
    ['limit', '1e1'],
    ['cursor', 'nonsense'],
    ['cursor', Buffer.from('{"pk":"ORG#x","sk":"y","gsi1pk":"SCOPE#org:x","gsi1sk":"z"}').toString('base64url')],
    ['cursor', Buffer.from('{"pk":"","sk":"","gsi1pk":"SCOPE#platform","gsi1sk":""}').toString('base64url')],
    ['cursor', Buffer.from('{"pk":"a","sk":"b","gsi1pk":"SCOPE#platform","gsi1sk":"~~"}').toString('base64url')],
    ['scope', 'all'],
    ['scope', 'org:'],
    ['scope', 'org:a/b'],
    ['state', 'fine'],
    ['drift', 'bad'],
    ['page', '2'],
  ])('refuses %s=%j, naming the parameter', async (name, value) => {
    const { status, body } = await list({ [name]: value });
    expect({ status, fields: body.errors.map(({ field }: { field: string }) => field) }).toEqual({
      status: 400,
      fields: [name],
    });
  });
});

describe('GET /assistants/{assistantId}', () => {
  it('says whose an assistant is', async () => {
    const { body: made } = await service.put('whose', 'outbound', configuration());
    service.clearCounts();
    expect(await find(made.assistantId)).toMatchObject({ status: 200, body: { orgId: 'whose', role: 'outbound' } });
    expect(service.tableOperations).toEqual(['Query', 'Query']);
  });

  it('knows the new one after it was made again, and not the old one any more', async () => {
    const first = await service.put('moved', 'inbound', configuration());
    await removeUpstream(service, 'moved');
    const second = await service.put('moved', 'inbound', configuration());
    expect(await find(first.body.assistantId)).toMatchObject({ status: 404 });
    expect(await find(second.body.assistantId)).toMatchObject({ status: 200, body: { orgId: 'moved' } });
    await service.remove('moved', 'inbound');
    expect(await find(second.body.assistantId)).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });

  it('is a 404 for one that was made by hand, and for what is no id', async () => {
    const { id } = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { name: 'By hand' });
    expect(await find(String(id))).toMatchObject({ status: 404 });
    expect(await find('../x')).toMatchObject({ status: 404 });
  });
});

describe('who made the last change', () => {
  const by = async (org: string) => (await service.get(org, 'inbound')).body.changedBy;
  const put = (org: string, authorizer: object) =>
    service.invoke('sync', {
      version: '2.0',
      routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
      requestContext: { http: { method: 'PUT' }, authorizer },
      pathParameters: { orgId: org, role: 'inbound' },
      body: JSON.stringify(withPrompt(JSON.stringify(authorizer))),
    });

  it('is the ARN of a signature', async () => {
    await put('signed', { iam: { userArn: 'arn:aws:iam::123456789012:user/desk' } });
    expect(await by('signed')).toEqual({ kind: 'iam', id: 'arn:aws:iam::123456789012:user/desk' });
  });

  it.each([
    [{ sub: 'user-7' }, 'user-7'],
    [{ client_id: 'machine-7' }, 'machine-7'],
    [{}, 'unknown'],
  ])('is the subject of a token, or its client: %j', async (subject, id) => {
    const orgId = `token-${id}`;
    const withTokens = service.anotherEnvironment({ settings: { JWT_ORG_CLAIM: 'org_id' } });
    await withTokens.invoke('sync', {
      version: '2.0',
      routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
      requestContext: { http: { method: 'PUT' }, authorizer: { jwt: { claims: { org_id: orgId, ...subject } } } },
      pathParameters: { orgId, role: 'inbound' },
      body: JSON.stringify(configuration()),
    });
    expect(await by(orgId)).toEqual({ kind: 'jwt', id });
  });

  it('is whoever runs it on this machine, where tokens have no claims', async () => {
    await put('by-hand', { jwt: {} });
    expect(await by('by-hand')).toMatchObject({ kind: 'local' });
  });

  it('is the drift run that has healed it', async () => {
    await service.put('healed', 'inbound', configuration());
    await removeUpstream(service, 'healed');
    const { run } = await runDrift(service, 'heal');
    await service.drainQueue();
    expect(await by('healed')).toEqual({ kind: 'drift', id: run.runId });
  });

  it('is the worker that has linked its tools', async () => {
    const tools = [{ type: 'function', function: { name: 'book' } }];
    await service.put('tools', 'inbound', configuration({ tools }));
    await service.drainQueue();
    expect(await by('tools')).toEqual({ kind: 'worker', id: 'sync-tools' });
  });

  it('does not change with a sync that changes nothing', async () => {
    await put('same', { iam: { userArn: 'arn:aws:iam::123456789012:user/one' } });
    const before = (await service.get('same', 'inbound')).body;
    const body = withPrompt(JSON.stringify({ iam: { userArn: 'arn:aws:iam::123456789012:user/one' } }));
    await service.put('same', 'inbound', body);
    expect((await service.get('same', 'inbound')).body).toEqual(before);
  });
});

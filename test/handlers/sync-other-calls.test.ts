import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { PLATFORM_KEY, type TestService } from '../support/service.ts';
import { assistantsOf, assistantsWithKey, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const live = (id: string) => assistantsWithKey(service.vapi, PLATFORM_KEY).find((assistant) => assistant.id === id);
const deleteAtVapi = (id: string, key?: string) => call(service.vapi, `DELETE /assistant/${id}`, { key });

describe('dry run', () => {
  it('gives the plan with a diff per field, and writes nowhere', async () => {
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const reply = await service.put(org, 'inbound', configuration({ firstMessage: 'Good evening!' }), {
      query: { dryRun: 'true' },
    });
    expect(reply).toMatchObject({
      status: 200,
      body: {
        dryRun: true,
        plan: 'update',
        changes: [{ path: '/firstMessage', wanted: 'Good evening!', live: 'Hello!' }],
      },
    });
    expect(service.vapi.requests.every(({ method }) => method === 'GET')).toBe(true);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('of a new assistant is a create', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { query: { dryRun: 'true' } });
    expect(reply).toMatchObject({
      status: 200,
      body: { plan: 'create', cause: 'new', assistantId: null, changes: [] },
    });
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query']]);
  });

  it('must be asked for clearly: a typing error does not write', async () => {
    const reply = await service.put(org, 'inbound', configuration(), { query: { dryRun: 'yes' } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'dryRun' }] } });
    expect(calls(service.vapi)).toEqual([]);
  });
});

describe('delete', () => {
  it('is not done for a dry run, which is for PUT alone', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    const reply = await service.remove(org, 'inbound', { query: { dryRun: 'true' } });
    expect(reply).toMatchObject({ status: 400, body: { errors: [{ field: 'dryRun' }] } });
    expect(live(body.assistantId)).toBeDefined();
  });

  it('removes the assistant, the configurations and the mapping; a second call is 204 too', async () => {
    await service.put(org, 'inbound', configuration());
    await service.put(org, 'inbound', withPrompt('new'));
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 204, body: undefined });
    expect(assistantsOf(service.vapi, org)).toEqual([]);
    expect((await service.get(org, 'inbound')).status).toBe(404);
    service.clearCounts();
    expect((await service.remove(org, 'inbound')).status).toBe(204);
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query']]);
  });

  it('succeeds when the assistant is gone at Vapi already', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    await deleteAtVapi(body.assistantId);
    expect((await service.remove(org, 'inbound')).status).toBe(204);
  });

  it('keeps the mapping when Vapi does not delete, and works when repeated', async () => {
    const { body } = await service.put(org, 'inbound', configuration());
    service.vapi.configure({ pinned: [body.assistantId] });
    expect(await service.remove(org, 'inbound')).toMatchObject({ status: 409, body: { code: 'PINNED' } });
    service.vapi.configure({ pinned: [] });
    expect((await service.get(org, 'inbound')).body).toMatchObject({ assistantId: body.assistantId, state: 'synced' });
    expect((await service.remove(org, 'inbound')).status).toBe(204);
  });

  it('leaves the other role alone', async () => {
    await service.put(org, 'inbound', configuration());
    const other = await service.put(org, 'outbound', configuration());
    await service.remove(org, 'inbound');
    expect(assistantsOf(service.vapi, org).map(({ id }) => id)).toEqual([other.body.assistantId]);
    expect((await service.put(org, 'outbound', configuration())).body.outcome).toBe('unchanged');
  });
});

describe('status', () => {
  it('tells what is mapped, in one read and without a call to Vapi', async () => {
    const { body } = await service.put(org, 'outbound', configuration());
    await service.put(org, 'inbound', configuration());
    service.clearCounts();
    const all = await service.get(org);
    expect(all.body.assistants.map(({ role }: { role: string }) => role)).toEqual(['inbound', 'outbound']);
    const one = await service.get(org, 'outbound');
    expect(one.body).toMatchObject({
      orgId: org,
      role: 'outbound',
      state: 'synced',
      assistantId: body.assistantId,
      specHash: body.specHash,
      revision: 1,
      scope: 'platform',
      vapiOrgId: LOCAL_ACCOUNTS[PLATFORM_KEY],
    });
    expect([calls(service.vapi), service.tableOperations]).toEqual([[], ['Query', 'Query']]);
  });

  it('of an organisation without assistants is an empty list, of a missing role a 404', async () => {
    expect(await service.get(org)).toMatchObject({ status: 200, body: { orgId: org, assistants: [] } });
    expect(await service.get(org, 'inbound')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
  });
});

describe('the log', () => {
  it('has every step with the operation id, organisation and role, and neither key nor prompt', async () => {
    service.output.clear();
    await service.put(org, 'inbound', configuration(), { headers: { 'x-operation-id': 'op-1' } });
    const steps = service.output.lines().filter(({ code, level }) => typeof code === 'string' && level !== 'DEBUG');
    expect(steps.map(({ code }) => code)).toEqual([
      'OPERATION_STARTED',
      'VOICE_NORMALISED',
      'CREDENTIALS_FELL_THROUGH',
      'CREDENTIALS_RESOLVED',
      'PLAN_MADE',
      'CLAIM_TAKEN',
      'ASSISTANT_CREATED',
      'MAPPING_FINALISED',
      'OPERATION_COMPLETED',
    ]);
    for (const step of steps) expect(step).toMatchObject({ operationId: 'op-1', orgId: org, role: 'inbound' });
    const metrics = service.output.lines().filter((line) => '_aws' in line);
    expect(metrics.flatMap((line) => Object.keys(line))).toEqual(
      expect.arrayContaining(['Outcome', 'VoiceDecision', 'CredentialSource', 'UpstreamCall', 'UpstreamLatency']),
    );
  });

  it('has the stack of what was not expected, the answer has not', async () => {
    const broken = service.anotherEnvironment({ runtime: { uniqueId: brokenAfterFirst() } });
    service.output.clear();
    const reply = await broken.put(org, 'inbound', configuration());
    expect(reply).toMatchObject({ status: 500, body: { code: 'INTERNAL', retryable: false } });
    expect(JSON.stringify(reply)).not.toContain('planted');
    const [line] = service.output.lines().filter(({ code }) => code === 'UNEXPECTED');
    expect(line).toMatchObject({ error: { message: 'planted', stack: expect.stringContaining('takeClaim') } });
  });
});

function brokenAfterFirst(): () => string {
  let count = 0;
  return () => {
    count += 1;
    if (count > 1) throw new Error('planted');
    return 'first';
  };
}

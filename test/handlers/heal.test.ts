import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { importAssistant } from '../../src/domain/sync/import/import-assistant.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import { PLATFORM_KEY, type TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const edit = (id: unknown, body: object) => call(service.vapi, `PATCH /assistant/${id}`, { body });
const remove = (id: unknown) => call(service.vapi, `DELETE /assistant/${id}`);
const live = () => assistantsOf(service.vapi, org, 'inbound');

it('a heal leaves what nobody compares as it is, also when another field of the assistant is put right', async () => {
  await service.putRecord(org, { driftIgnore: ['/firstMessage', '/model/temperature'] });
  const model = { provider: 'openai', model: 'gpt-4o', temperature: 0.3 };
  const { body } = await service.put(org, 'inbound', configuration({ model }));
  await edit(body.assistantId, {
    name: 'By hand',
    firstMessage: 'By hand',
    model: { ...model, temperature: 0.9, model: 'gpt-4' },
  });
  service.output.clear();
  await runDrift(service, 'heal');
  await service.drainQueue();
  expect(service.output.text()).toContain('ASSISTANT_UPDATED');
  expect(service.output.text()).not.toContain('ASSISTANT_NOT_CONVERGED');
  expect(live()).toMatchObject([
    { name: 'Front desk', firstMessage: 'By hand', model: { ...model, temperature: 0.9 } },
  ]);
  const again = await runDrift(service, 'report');
  expect(again.lines.filter((line) => line.includes(org))).toEqual([]);
});

it('a heal replaces a voice that was retired since, as a PUT does, and the history has both', async () => {
  const lenient = service.anotherEnvironment({ settings: { VOICE_POLICY: 'keep-active-vapi' } });
  const voice = { provider: 'vapi', voiceId: 'Elliot' };
  const { body } = await lenient.put(org, 'inbound', configuration({ voice }));
  expect(live()).toMatchObject([{ voice }]);
  await remove(body.assistantId);
  await runDrift(service, 'heal');
  await service.drainQueue();
  expect(live()).toMatchObject([{ voice: { provider: 'azure', voiceId: 'en-US-JennyNeural' } }]);
  const { entries } = (await service.history(org, 'inbound')).body;
  expect(entries).toMatchObject([
    { current: true, summary: { voice: 'azure/en-US-JennyNeural' } },
    { current: false, summary: { voice: 'vapi/Elliot' } },
  ]);
});

it('a DELETE that was cut off is finished by a healing run, and not undone', async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  const path = `/assistant/${body.assistantId}`;
  service.vapi.inject({ on: { method: 'GET', path }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
  expect(await service.remove(org, 'inbound')).toMatchObject({ status: 503 });
  service.vapi.clearFaults();
  expect(live()).toEqual([]);
  expect((await service.get(org, 'inbound')).body).toMatchObject({ state: 'interrupted' });
  const { findings } = await runDrift(service, 'heal');
  expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({ class: 'pending', healing: 'removed' });
  await service.drainQueue();
  expect(live()).toEqual([]);
  expect(await service.get(org, 'inbound')).toMatchObject({ status: 404 });
});

it('after a DELETE that was cut off, a PUT makes the assistant anew', async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  const path = `/assistant/${body.assistantId}`;
  service.vapi.inject({ on: { method: 'GET', path }, times: 3, behaviour: { kind: 'error-before', status: 500 } });
  await service.remove(org, 'inbound');
  service.vapi.clearFaults();
  expect(await service.put(org, 'inbound', configuration())).toMatchObject({ status: 201 });
  expect(live()).toHaveLength(1);
});

/** Imports one that was made by hand; returns its id. */
async function importOne(key: AssistantKey): Promise<string> {
  const { id } = service.vapi.seedAssistant(LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '', { name: 'By hand' });
  const operation = {
    ...service.app.sync,
    id: 'x',
    key,
    by: { kind: 'local', id: 'test' } as const,
    deadline: { remainingMs: () => 20_000 },
    journal: { record: () => {} },
  };
  await importAssistant(operation, { assistantId: String(id), observeOnly: false });
  return String(id);
}

it('assistants that were imported and not yet PUT are counted as such: no finding, no common cause', async () => {
  const keys = Array.from({ length: 25 }, (_, index) => ({ orgId: `${org}-${index}`, role: 'inbound' as const }));
  for (const key of keys) await importOne(key);
  const { run, findings } = await runDrift(service, 'report');
  expect(run).toMatchObject({ classes: { imported: 25 }, commonCauses: [] });
  expect(findings.filter(({ orgId }) => String(orgId).startsWith(org))).toEqual([]);
});

it('what an earlier run noted of an imported assistant is taken back: nothing is pending there', async () => {
  const key = { orgId: org, role: 'inbound' as const };
  await importOne(key);
  const { mappings } = service.app.sync;
  const [from] = (await mappings.read(org)).mappings;
  const noted = {
    class: 'pending',
    since: '2026-01-01T00:00:00.000Z',
    runId: 'earlier',
    fields: [],
    heals: 0,
  } as const;
  const at = new Date().toISOString();
  await mappings.write({ key, transition: 'annotate', from, token: 'x', change: { drift: noted }, at });
  expect((await service.get(org, 'inbound')).body.drift).toMatchObject({ class: 'pending' });
  await runDrift(service, 'report');
  expect((await service.get(org, 'inbound')).body.drift).toBeNull();
});

it('an imported assistant that is gone needs a PUT: there is no configuration that a healing run could apply', async () => {
  const id = await importOne({ orgId: org, role: 'inbound' });
  await remove(id);
  for (const _time of ['first', 'second']) {
    const { run, findings } = await runDrift(service, 'heal');
    await service.drainQueue();
    expect(findings.find(({ orgId }) => orgId === org)).toMatchObject({
      class: 'missing',
      healing: 'kept: needs-a-put',
    });
    expect(run.healed).toMatchObject({ reapplied: 0 });
  }
  expect(await service.put(org, 'inbound', configuration())).toMatchObject({ body: { outcome: 'recreated' } });
});

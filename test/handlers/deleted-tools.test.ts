import { call } from '../local/vapi-caller.ts';
import { configuration } from '../support/configurations.ts';
import { runDrift } from '../support/drift-runs.ts';
import type { TestService } from '../support/service.ts';
import { assistantsOf } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;
/** One definition for all organisations of a test, so that they share a tool. */
let tools: { type: string; function: { name: string } }[];

useService((given) => {
  ({ service, org } = given);
});
beforeEach(() => {
  tools = ['book', 'cancel'].map((name) => ({ type: 'function', function: { name: `${name}-${org}` } }));
});

async function settle(orgId = org, more: object = {}) {
  const reply = await service.put(orgId, 'inbound', configuration({ tools, ...more }));
  await service.drainQueue();
  return reply;
}

const linked = (orgId = org): string[] => {
  const [{ model }] = assistantsOf(service.vapi, orgId, 'inbound') as unknown as [{ model: { toolIds: string[] } }];
  return model.toolIds;
};

/** Somebody deletes the first tool in the dashboard. */
async function deleteTool(): Promise<string> {
  const [toolId = ''] = linked();
  expect(await call(service.vapi, `DELETE /tool/${toolId}`)).toMatchObject({ status: 200 });
  return toolId;
}

it('of a fleet that shares tools, they are listed once in a run, and asked for only when they are missing', async () => {
  for (const index of [0, 1, 2]) await settle(`${org}-${index}`);
  service.vapi.clearRequests();
  const { run } = await runDrift(service, 'report');
  expect(run.calls).toMatchObject({ tools: 1 });
  const asked = service.vapi.requests.filter(({ path }) => path.startsWith('/tool'));
  expect(asked).toHaveLength(1);
});

it('a tool that somebody deleted is found by a drift run, and put right by a healing one', async () => {
  await settle();
  const gone = await deleteTool();
  const seen = await runDrift(service, 'report');
  expect(seen.findings.find(({ orgId }) => orgId === org)).toMatchObject({
    class: 'drifted',
    changes: [{ path: '/model/toolIds', wanted: gone }],
  });
  expect(linked()).toContain(gone);
  await runDrift(service, 'heal');
  await service.drainQueue();
  expect(linked()).toHaveLength(2);
  expect(linked()).not.toContain(gone);
  const again = await runDrift(service, 'report');
  expect(again.lines.filter((line) => line.includes(org))).toEqual([]);
});

it.each(['unchanged', 'updated'])('once found, the next PUT that is %s links a new one', async (outcome) => {
  await settle();
  const gone = await deleteTool();
  await runDrift(service, 'report');
  await settle(org, outcome === 'updated' ? { name: 'Another' } : {});
  expect(linked()).toHaveLength(2);
  expect(linked()).not.toContain(gone);
  expect((await service.get(org, 'inbound')).body.tools).toMatchObject({ status: 'linked', toolIds: linked() });
});

it('is linked to no other organisation, also before a run has found it', async () => {
  await settle();
  const gone = await deleteTool();
  const neighbour = `${org}-b`;
  expect((await settle(neighbour)).body.tools).toMatchObject({ status: 'pending' });
  expect(linked(neighbour)).toHaveLength(2);
  expect(linked(neighbour)).not.toContain(gone);
});

it('is not linked by a rollback', async () => {
  const { body } = await settle();
  const gone = await deleteTool();
  await service.put(org, 'inbound', configuration());
  await service.drainQueue();
  expect(await service.rollBack(org, 'inbound', { specHash: body.specHash })).toMatchObject({ status: 200 });
  await service.drainQueue();
  expect(linked()).toHaveLength(2);
  expect(linked()).not.toContain(gone);
});

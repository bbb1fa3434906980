import { ApiKey } from '../../../src/domain/account/api-key.ts';
import { performDriftTask } from '../../../src/domain/drift/perform-drift-task.ts';
import type { ToolRow } from '../../../src/domain/tools/tool-registry.ts';
import { DriftWorld, PLATFORM } from './drift-world.ts';

const HOUR = 60 * 60_000;
const RESERVED = 200_000;

/** A world in which one organisation uses one tool, and another tool is there besides. */
async function worldWithTools(): Promise<{ world: DriftWorld; tool: (hash: string) => Promise<ToolRow> }> {
  const world = new DriftWorld({ graceMs: HOUR });
  const { key } = world.place('org-1');
  const tool = (hash: string) => register(world, hash);
  const { toolId = '' } = await tool('used');
  world.haveTools(key, { status: 'linked', count: 1, wanted: ['used'], linked: [{ hash: 'used', toolId }] });
  return { world, tool };
}

async function register(world: DriftWorld, hash: string): Promise<ToolRow> {
  const caller = { effect: <T>(_label: string, act: () => Promise<T>) => act(), wait: async () => {} };
  const made = await world.upstream
    .account(PLATFORM, caller)
    .tools.create({ type: 'function', function: { name: hash } });
  if (made.kind !== 'created') throw new Error('not made');
  const at = new Date(world.clock).toISOString();
  const row: ToolRow = {
    scopeKey: 'platform',
    hash,
    revision: 1,
    toolId: made.resource.id,
    keyFingerprint: ApiKey.clean(PLATFORM)?.fingerprint ?? '',
    createdAt: at,
    updatedAt: at,
  };
  world.tools.rows.set(`platform/${hash}`, row);
  return row;
}

const hashes = (world: DriftWorld) => [...world.tools.rows.values()].map(({ hash }) => hash).toSorted();
const namesAtVapi = (world: DriftWorld) => world.upstream.existingTools().map(({ config }) => JSON.stringify(config));

/** Healing runs with the time between them that an unused tool needs to be deleted. */
async function healFully(world: DriftWorld): Promise<void> {
  await world.run('heal');
  world.clock += HOUR + 1;
  await world.run('heal');
  world.clock += RESERVED;
  await world.run('heal');
}

describe('a tool that no mapping uses', () => {
  it('is deleted, but only after the grace time and a reservation; one that is used stays', async () => {
    const { world, tool } = await worldWithTools();
    await tool('unused');
    await world.run('heal');
    expect(world.tools.rows.get('platform/unused')?.unusedSince).toBeDefined();
    world.clock += HOUR / 2;
    await world.run('heal');
    expect(world.tools.rows.get('platform/unused')?.claim).toBeUndefined();
    world.clock += HOUR;
    await world.run('heal');
    expect(world.tools.rows.get('platform/unused')?.claim?.operation).toBe('delete');
    expect(namesAtVapi(world)).toHaveLength(2);
    world.clock += RESERVED;
    await world.run('heal');
    expect(hashes(world)).toEqual(['used']);
    expect(namesAtVapi(world)).toHaveLength(1);
  });

  it('is not touched by a run that reports', async () => {
    const { world, tool } = await worldWithTools();
    await tool('unused');
    await world.run('report');
    world.clock += 2 * HOUR;
    await world.run('report');
    expect(world.tools.rows.get('platform/unused')).not.toHaveProperty('unusedSince');
  });

  it('and comes into use before it is deleted, stays and can be linked again', async () => {
    const { world, tool } = await worldWithTools();
    const { toolId = '' } = await tool('late');
    await world.run('heal');
    world.clock += HOUR + 1;
    await world.run('heal');
    world.place('org-2');
    world.haveTools(
      { orgId: 'org-2', role: 'inbound' },
      { status: 'linked', count: 1, wanted: ['late'], linked: [{ hash: 'late', toolId }] },
    );
    world.clock += RESERVED;
    await world.run('heal');
    const row = world.tools.rows.get('platform/late');
    expect(row).not.toHaveProperty('claim');
    expect(row).not.toHaveProperty('unusedSince');
    expect(namesAtVapi(world)).toHaveLength(2);
  });

  it('is used while it is only wanted, or was only attempted: neither is linked yet', async () => {
    const { world, tool } = await worldWithTools();
    const { toolId = '' } = await tool('attempted');
    await tool('wanted');
    world.place('org-2');
    world.haveTools(
      { orgId: 'org-2', role: 'inbound' },
      { status: 'linked', count: 1, wanted: ['wanted'], linked: [] },
    );
    const row = world.row({ orgId: 'org-2', role: 'inbound' });
    if (row) row.attempted = [{ specHash: 'x', until: new Date(world.clock).toISOString(), toolIds: [toolId] }];
    await healFully(world);
    expect(hashes(world)).toEqual(['attempted', 'used', 'wanted']);
  });

  it('of a key that is not used any more is left alone: a 404 to another key proves nothing', async () => {
    const { world, tool } = await worldWithTools();
    const row = await tool('foreign');
    row.keyFingerprint = 'another';
    await healFully(world);
    expect(namesAtVapi(world)).toHaveLength(2);
  });
});

it('a tool that somebody has linked to an assistant of theirs by hand is kept, and told', async () => {
  const { world, tool } = await worldWithTools();
  const { toolId = '' } = await tool('unused');
  const theirs = world.put(PLATFORM, { name: 'Theirs', model: { toolIds: [toolId] } }, world.clock - HOUR);
  await healFully(world);
  expect(hashes(world)).toEqual(['unused', 'used']);
  expect(world.journal).toContainEqual({ code: 'TOOL_USED_BY_OTHERS', toolId });
  world.upstream.stored.delete(theirs.id);
  await healFully(world);
  expect(hashes(world)).toEqual(['used']);
});

describe('a collection that runs out of time', () => {
  it('comes back, and goes on', async () => {
    const { world, tool } = await worldWithTools();
    await tool('one');
    await tool('two');
    const { run } = await world.run('heal');
    for (const [key, { unusedSince: _unused, ...row }] of world.tools.rows) world.tools.rows.set(key, row);
    const task = { kind: 'collect-tools', runId: run.runId } as const;
    const call = { journal: { record: () => {} } };
    const inTime = { remainingMs: () => 60_000 };
    const tooLate = { remainingMs: () => 1_000 };
    const cutOff = await performDriftTask(world.dependencies, { ...call, deadline: tooLate }, task);
    expect(cutOff).toMatchObject({ kind: 'later', reason: 'NO_TIME' });
    expect(world.tools.rows.get('platform/one')).not.toHaveProperty('unusedSince');
    const whole = await performDriftTask(world.dependencies, { ...call, deadline: inTime }, task);
    expect(whole).toEqual({ kind: 'done', outcome: 'collected' });
    expect(world.tools.rows.get('platform/two')?.unusedSince).toBeDefined();
  });
});

import { ownership } from '../../../src/domain/configuration/configuration.ts';
import { NO_TOOLS } from '../../../src/domain/mapping/assistant-mapping.ts';
import { DEPLOYMENT, DriftWorld, PLATFORM, shortly } from './drift-world.ts';

const HOUR = 3_600_000;

function fleet(size: number, limits = {}): DriftWorld {
  const world = new DriftWorld(limits);
  for (let index = 0; index < size; index += 1) {
    world.place(`org${String(index).padStart(3, '0')}`, { at: world.clock + index * 1000 });
  }
  world.clock += 24 * HOUR;
  return world;
}

const idOf = (world: DriftWorld, orgId: string) => world.row({ orgId, role: 'inbound' })?.assistantId ?? '';

describe('a fleet that is as it was applied', () => {
  it('has no findings, costs one list call a page, and no GET', async () => {
    const world = fleet(30);
    const { run, findings } = await world.run();
    expect(findings).toEqual([]);
    expect(run).toMatchObject({ status: 'closed', summary: { totals: { classes: { 'in-sync': 30 }, gets: 0 } } });
    expect(world.calls.filter((verb) => verb === 'LIST')).toHaveLength(run.summary?.totals.lists ?? -1);
    expect(world.calls).not.toContain('GET');
  });

  it('is divided into windows by the index, and each window is checked once', async () => {
    const world = fleet(30);
    const { run } = await world.run();
    expect(run.unitCount).toBe(7);
    expect(run.done.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it('an empty fleet is checked too: what nobody maps must be found', async () => {
    const world = new DriftWorld();
    const orphan = world.put(PLATFORM, {
      name: 'left',
      metadata: ownership({ orgId: 'gone', role: 'inbound' }, DEPLOYMENT),
    });
    const { findings } = await world.run();
    expect(shortly(findings)).toEqual([`orphan gone inbound ${orphan.id}`]);
  });
});

describe('what differs is found, and nothing else', () => {
  it('each class once', async () => {
    const world = fleet(20);
    world.edit(idOf(world, 'org003'), { firstMessage: 'Changed by hand' });
    world.upstream.stored.delete(idOf(world, 'org007'));
    const metadata = ownership({ orgId: 'org009', role: 'inbound' }, DEPLOYMENT);
    const duplicate = world.put(PLATFORM, { name: 'org009', metadata }, world.clock - 20 * HOUR);
    const orphan = world.put(PLATFORM, { metadata: ownership({ orgId: 'gone', role: 'outbound' }, DEPLOYMENT) });
    world.put(PLATFORM, { name: 'of somebody else' });
    world.put(PLATFORM, { metadata: ownership({ orgId: 'org001', role: 'inbound' }, 'another deployment') });
    world.haveTools({ orgId: 'org011', role: 'inbound' }, { ...NO_TOOLS, status: 'pending' });
    const { run, findings } = await world.run();
    expect(shortly(findings).toSorted()).toEqual([
      `drifted org003 inbound ${idOf(world, 'org003')}`,
      `duplicate org009 inbound ${duplicate.id}`,
      'missing org007 inbound',
      `orphan gone outbound ${orphan.id}`,
      'pending org011 inbound tools',
    ]);
    expect(run.summary?.totals.classes).toMatchObject({ unmanaged: 2, 'in-sync': 17 });
    expect(findings.find((finding) => finding.class === 'drifted')?.changes).toEqual([
      { path: '/firstMessage', wanted: 'Hello!', live: 'Changed by hand', origin: 'edited-at-vapi' },
    ]);
    expect(world.row({ orgId: 'org003', role: 'inbound' })?.drift).toMatchObject({
      class: 'drifted',
      fields: ['/firstMessage'],
    });
  });

  it('many that share a millisecond, more than a page holds', async () => {
    const world = new DriftWorld();
    for (let index = 0; index < 12; index += 1) world.place(`tied${index}`, { at: world.clock - HOUR });
    world.upstream.stored.delete(idOf(world, 'tied4'));
    world.edit(idOf(world, 'tied7'), { name: 'x' });
    const { run, findings } = await world.run();
    expect(findings.map(({ class: name, orgId }) => [name, orgId])).toEqual([
      ['missing', 'tied4'],
      ['drifted', 'tied7'],
    ]);
    expect(run.summary?.totals.classes['in-sync']).toBe(10);
  });
});

describe('a worker that dies', () => {
  /** A little of everything. */
  function small(): DriftWorld {
    const world = fleet(8);
    world.edit(idOf(world, 'org003'), { firstMessage: 'Changed by hand' });
    world.upstream.stored.delete(idOf(world, 'org005'));
    const metadata = ownership({ orgId: 'org001', role: 'inbound' }, DEPLOYMENT);
    world.put(PLATFORM, { name: 'org001', metadata }, world.clock - 20 * HOUR);
    world.place('own', { account: 'own-key' });
    return world;
  }

  it('at any of its effects keeps no run from its end', async () => {
    const whole = small();
    const { findings } = await whole.run('heal');
    const endings = new Set<string>();
    for (let effect = 1; effect <= whole.effects; effect += 1) {
      const world = small();
      const lifetime = () => (world.effects < effect ? effect - world.effects - 1 : undefined);
      const { run, findings: found } = await world.run('heal', { lifetime });
      endings.add(`${run.status} ${shortly(found).join(', ') === shortly(findings).join(', ')}`);
    }
    expect(whole.effects).toBeGreaterThan(100);
    expect(endings).toEqual(new Set(['closed true']));
  });
});

describe('healing', () => {
  it('brings the next run to zero', async () => {
    const world = fleet(20);
    world.edit(idOf(world, 'org003'), { firstMessage: 'Changed by hand' });
    world.upstream.stored.delete(idOf(world, 'org007'));
    const metadata = ownership({ orgId: 'org009', role: 'inbound' }, DEPLOYMENT);
    world.put(PLATFORM, { name: 'org009', metadata }, world.clock - 20 * HOUR);
    world.put(
      PLATFORM,
      { metadata: ownership({ orgId: 'gone', role: 'outbound' }, DEPLOYMENT) },
      world.clock - 2 * HOUR,
    );
    const { run } = await world.run('heal');
    expect(run.summary?.healed).toEqual({ reapplied: 2, resumed: 0, removed: 2, kept: {} });
    world.clock += HOUR;
    const second = await world.run('heal');
    expect(second.findings).toEqual([]);
    expect(second.run.summary?.totals.classes['in-sync']).toBe(20);
    expect([...world.mappings.rows.values()].filter(({ drift, claim }) => drift || claim)).toEqual([]);
  });
});

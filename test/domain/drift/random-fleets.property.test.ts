import fc from 'fast-check';
import { ownership } from '../../../src/domain/configuration/configuration.ts';
import { NO_TOOLS } from '../../../src/domain/mapping/assistant-mapping.ts';
import { DEPLOYMENT, type Delivery, DriftWorld, PLATFORM, shortly } from './drift-world.ts';

const HOUR = 3_600_000;

type Change =
  | 'none'
  | 'edited'
  | 'deleted'
  | 'duplicate'
  | 'unmanaged'
  | 'pending'
  | 'damaged'
  | 'tool-deleted'
  | 'newer-duplicate';

interface Member {
  change: Change;
  /** Creation time in steps; several members share one. */
  at: number;
  account: 'platform' | 'own' | 'shared';
}

const member: fc.Arbitrary<Member> = fc.record({
  change: fc.oneof(
    { arbitrary: fc.constant<Change>('none'), weight: 6 },
    fc.constantFrom<Change>(
      'edited',
      'deleted',
      'duplicate',
      'unmanaged',
      'pending',
      'damaged',
      'tool-deleted',
      'newer-duplicate',
    ),
  ),
  at: fc.integer({ min: 0, max: 12 }),
  account: fc.constantFrom('platform' as const, 'platform' as const, 'platform' as const, 'own' as const),
});

const fleet = fc.record({
  members: fc.array(member, { maxLength: 40 }),
  orphans: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
  pageSize: fc.integer({ min: 1, max: 7 }),
  windowPages: fc.integer({ min: 1, max: 3 }),
  parallelWindows: fc.integer({ min: 1, max: 4 }),
  batchSize: fc.integer({ min: 1, max: 4 }),
});

type Fleet = typeof fleet extends fc.Arbitrary<infer T> ? T : never;

interface Built {
  world: DriftWorld;
  expected: string[];
  unmanaged: number;
  /** Assistants of rows that cannot be read. */
  damaged: string[];
}

function build({ members, orphans, ...limits }: Fleet): Built {
  const world = new DriftWorld(limits);
  const expected: string[] = [];
  let unmanaged = 0;
  const damaged: string[] = [];
  const begin = world.clock;
  for (const [index, { change, at, account }] of members.entries()) {
    const orgId = `org${String(index).padStart(2, '0')}`;
    const key = account === 'platform' ? PLATFORM : `key-of-${orgId}`;
    const created = begin + at * 1000;
    const { assistantId } = world.place(orgId, { at: created, account: key });
    const metadata = ownership({ orgId, role: 'inbound' }, DEPLOYMENT);
    switch (change) {
      case 'none':
        break;
      case 'edited':
        world.edit(assistantId, { firstMessage: 'by hand' });
        expected.push(`drifted ${orgId} inbound ${assistantId}`);
        break;
      case 'deleted':
        world.upstream.stored.delete(assistantId);
        expected.push(`missing ${orgId} inbound`);
        break;
      case 'duplicate':
      case 'newer-duplicate': {
        const again = world.put(key, { metadata }, change === 'duplicate' ? created : created + 500);
        expected.push(`duplicate ${orgId} inbound ${again.id}`);
        break;
      }
      case 'unmanaged':
        world.put(key, { metadata: { ...metadata, deployment: 'another' } }, created);
        unmanaged += 1;
        break;
      case 'damaged':
        world.mappings.damaged.add(`${orgId}/inbound`);
        world.edit(assistantId, { firstMessage: 'by hand' });
        damaged.push(assistantId);
        expected.push(`unreadable ${orgId} inbound ${assistantId}`);
        break;
      case 'tool-deleted': {
        const linked = [{ hash: 'book', toolId: `gone-${orgId}` }];
        world.haveTools({ orgId, role: 'inbound' }, { status: 'linked', count: 1, wanted: ['book'], linked });
        expected.push(`drifted ${orgId} inbound ${assistantId}`);
        break;
      }
      case 'pending': {
        world.haveTools({ orgId, role: 'inbound' }, { ...NO_TOOLS, status: 'pending' });
        expected.push(`pending ${orgId} inbound tools`);
        break;
      }
    }
  }
  for (const [index, at] of orphans.entries()) {
    const key = { orgId: `gone${index}`, role: 'outbound' } as const;
    const orphan = world.put(PLATFORM, { metadata: ownership(key, DEPLOYMENT) }, begin + at * 1000);
    expected.push(`orphan gone${index} outbound ${orphan.id}`);
  }
  world.clock = begin + 24 * HOUR;
  return { world, expected: expected.toSorted(), unmanaged, damaged };
}

const candidates = (expected: readonly string[]) => expected.filter((line) => /^(missing|duplicate|orphan)/.test(line));

const RUNS = Number(process.env.RUNS ?? 50);

describe('whatever fleet and whatever changes', () => {
  it('exactly the changes are found, with no more GETs than candidates', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, async (given) => {
        const { world, expected, unmanaged } = build(given);
        const { run, findings } = await world.run();
        expect(shortly(findings).toSorted()).toEqual(expected);
        const classes = run.summary?.totals.classes;
        expect(classes?.unmanaged).toBe(unmanaged);
        const inSync = given.members.filter(
          ({ change }) => !['edited', 'deleted', 'pending', 'damaged', 'tool-deleted'].includes(change),
        );
        expect(classes?.['in-sync']).toBe(inSync.length);
        expect(world.calls.filter((verb) => verb === 'GET')).toHaveLength(candidates(expected).length);
        expect(world.calls.filter((verb) => verb === 'LIST')).toHaveLength(run.summary?.totals.lists ?? -1);
        expect(world.calls.filter((verb) => !/^(GET|LIST)( tool)?$/.test(verb))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('the same when messages come twice and in any order, and workers die at any effect', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.infiniteStream(fc.nat({ max: 999 })), async (given, chances) => {
        const { world, expected } = build(given);
        const { run, findings } = await world.run('report', roughly(chances));
        expect(run.status).toBe('closed');
        expect(shortly(findings).toSorted()).toEqual(expected);
        expect(world.journal.filter(({ code }) => code === 'DRIFT_RUN_CLOSED').length).toBeLessThanOrEqual(1);
      }),
      { numRuns: RUNS },
    );
  });

  it('and when several workers are at the same messages at the same time', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.infiniteStream(fc.nat({ max: 999 })), async (given, chances) => {
        const { world, expected } = build(given);
        const { lifetime: _lifetime, ...delivery } = roughly(chances);
        const isRepeated = () => Number(chances.next().value ?? 0) % 3 > 0 && world.tasks.length < 30;
        const { run, findings } = await world.run('heal', { ...delivery, isRepeated, width: 3 });
        expect(shortly(findings).toSorted()).toEqual(expected);
        const inSync = given.members.filter(
          ({ change }) => !['edited', 'deleted', 'pending', 'damaged', 'tool-deleted'].includes(change),
        );
        expect(run.summary?.totals.classes['in-sync']).toBe(inSync.length);
        const { healed } = run.summary ?? {};
        const done = (healed?.reapplied ?? 0) + (healed?.resumed ?? 0) + (healed?.removed ?? 0);
        const kept = Object.values(healed?.kept ?? {}).reduce((sum, count) => sum + count, 0);
        // A run without anything to heal closes at once.
        const isHealed = expected.some((line) => !line.startsWith('unreadable'));
        expect(done + kept).toBe(isHealed ? expected.length : 0);
        expect(world.journal.filter(({ code }) => code === 'DRIFT_RUN_CLOSED')).toHaveLength(1);
      }),
      { numRuns: RUNS },
    );
  });

  it('and when Vapi fails now and then', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.infiniteStream(fc.nat({ max: 999 })), async (given, chances) => {
        const { world, expected } = build(given);
        world.limits.maxFailures = 50;
        const chance = () => Number(chances.next().value ?? 0);
        world.upstream.verdict = () => (chance() % 5 === 0 ? 'error-before' : 'ok');
        const { findings } = await world.run('report', roughly(chances));
        expect(shortly(findings).toSorted()).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  });

  it('healing leaves nothing to find, unless so much was missing that it is held back', async () => {
    await fc.assert(
      fc.asyncProperty(fleet, fc.infiniteStream(fc.nat({ max: 999 })), async (given, chances) => {
        const { world, damaged } = build(given);
        const first = await world.run('heal', roughly(chances));
        const held = first.run.summary?.suspicious ?? [];
        // What a worker that died has left half done, the next run completes.
        world.clock += HOUR;
        await world.run('heal');
        world.clock += HOUR;
        const { findings } = await world.run('report');
        const left = findings
          .filter(({ scope }) => !held.includes(scope === 'platform' ? scope : 'organisations'))
          .filter(({ class: name }) => name !== 'unreadable');
        expect(shortly(left)).toEqual([]);
        for (const id of damaged) expect(world.live(id)?.config.firstMessage).toBe('by hand');
        expect([...world.mappings.rows.values()].filter(({ claim }) => claim)).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });
});

/** Any order, one in four messages twice, one in three workers dead before its end. */
function roughly(chances: IterableIterator<number>): Delivery {
  const chance = () => Number(chances.next().value ?? 0);
  return {
    pick: (waiting) => chance() % waiting,
    isRepeated: () => chance() % 4 === 0,
    lifetime: () => (chance() % 3 === 0 ? chance() % 60 : undefined),
  };
}

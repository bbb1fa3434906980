import { ownership } from '../../../src/domain/configuration/configuration.ts';
import { scheduledMode } from '../../../src/domain/drift/mode.ts';
import { startRun } from '../../../src/domain/drift/run/start-run.ts';
import type { DriftRun } from '../../../src/domain/drift/runs.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { ensureAssistant } from '../../../src/domain/sync/ensure-assistant.ts';
import { removeAssistant } from '../../../src/domain/sync/remove-assistant.ts';
import { DEPLOYMENT, DriftWorld, PLATFORM, shortly } from './drift-world.ts';

const HOUR = 3_600_000;

function fleet(size: number, limits = {}): DriftWorld {
  const world = new DriftWorld(limits);
  for (let index = 0; index < size; index += 1) world.place(nameOf(index), { at: world.clock + index * 1000 });
  world.clock += 24 * HOUR;
  return world;
}

const nameOf = (index: number) => `org${String(index).padStart(3, '0')}`;
const idOf = (world: DriftWorld, orgId: string) => world.row({ orgId, role: 'inbound' })?.assistantId ?? '';
const vanish = (world: DriftWorld, from: number, to: number) => {
  for (let index = from; index < to; index += 1) world.upstream.stored.delete(idOf(world, nameOf(index)));
};
const keptIn = ({ summary }: DriftRun) => summary?.healed?.kept;

describe('when a fleet looks deleted', () => {
  it('more than a fifth, and more than five: nothing is healed, and the run says why', async () => {
    const world = fleet(20);
    vanish(world, 0, 6);
    world.edit(idOf(world, nameOf(10)), { name: 'by hand' });
    const { run, findings } = await world.run('heal');
    expect(run.summary).toMatchObject({ suspicious: ['platform'], healed: { reapplied: 0, kept: { suspicious: 7 } } });
    expect(findings).toHaveLength(7);
    expect(world.calls).not.toContain('POST');
  });

  it('all that is missing is found, however many rows there are to a page', async () => {
    const world = fleet(30, { windowPages: 10, callsPerSecond: 1 });
    vanish(world, 3, 28);
    const { run, findings } = await world.run();
    expect(findings).toHaveLength(25);
    expect(run.summary?.totals.classes).toMatchObject({ missing: 25, 'in-sync': 5 });
  });

  it('five are a clean-up, and are made again', async () => {
    const world = fleet(20);
    vanish(world, 0, 5);
    const { run } = await world.run('heal');
    expect(run.summary).toMatchObject({ suspicious: [], healed: { reapplied: 5 } });
  });

  it('organisations’ own accounts are looked at together: none alone has more than five', async () => {
    const world = new DriftWorld();
    for (let index = 0; index < 12; index += 1) world.place(nameOf(index), { account: `key-${index}` });
    vanish(world, 0, 6);
    const { run } = await world.run('heal');
    expect(run.summary).toMatchObject({ suspicious: ['organisations'], healed: { reapplied: 0 } });
    expect(world.calls).not.toContain('POST');
  });

  it('because every key was swapped for one of another account: nothing is missing, nothing is known', async () => {
    const world = fleet(20);
    for (let index = 30; index < 33; index += 1) world.place(nameOf(index), { account: `key-${index}` });
    world.secrets.set('platform', JSON.stringify({ apiKey: 'of another account'.replaceAll(' ', '-') }));
    for (let index = 30; index < 33; index += 1)
      world.secrets.set(nameOf(index), JSON.stringify({ apiKey: 'another' }));
    const { run, findings } = await world.run('heal');
    expect(new Set(findings.map(({ class: name, cause }) => `${name} ${cause}`))).toEqual(
      new Set(['unknown CREDENTIALS_INVALID']),
    );
    expect(findings[0]?.detail).toContain('opens an account without any assistant');
    expect(run.summary?.totals.classes.missing).toBe(0);
    expect(world.calls).not.toContain('POST');
  });
});

describe('when a part of the fleet cannot be looked at', () => {
  it('it is one line, and the rest is checked', async () => {
    const world = fleet(5);
    world.place('bad-key', { account: 'bad' });
    world.place('good-key', { account: 'good' });
    world.edit(idOf(world, 'good-key'), { name: 'by hand' });
    world.onRequest = async (_verb, account) => {
      if (account === 'bad') throw new Problem('VAPI_UNAUTHORIZED', 'no');
    };
    const { run, findings } = await world.run();
    expect(shortly(findings)).toEqual([
      'unknown bad-key VAPI_UNAUTHORIZED',
      expect.stringMatching(/^drifted good-key/),
    ]);
    expect(run.summary?.totals).toMatchObject({ unknown: 1, classes: { 'in-sync': 5 } });
  });

  it('an open circuit is unknown, and never missing', async () => {
    const world = fleet(5);
    world.onRequest = async () => {
      throw new Problem('CIRCUIT_OPEN', 'open', { retryAfterSeconds: 60 });
    };
    const { run, findings } = await world.run('heal');
    expect(new Set(findings.map(({ class: name, cause }) => `${name} ${cause}`))).toEqual(
      new Set(['unknown CIRCUIT_OPEN']),
    );
    expect(run).toMatchObject({ status: 'closed', summary: { totals: { classes: { missing: 0, 'in-sync': 0 } } } });
  });

  it('a throttled account is waited for as long as it asks', async () => {
    const world = fleet(5);
    const until = world.clock + 90_000;
    world.onRequest = async () => {
      if (world.clock < until) throw new Problem('VAPI_UNAVAILABLE', 'slow', { retryAfterSeconds: 90 });
    };
    const { run, findings } = await world.run();
    expect(findings).toEqual([]);
    expect(run.summary?.totals.classes['in-sync']).toBe(5);
  });

  it('an own account without its key is said to be so', async () => {
    const world = new DriftWorld();
    world.place('acme', { account: 'own' });
    world.secrets.delete('acme');
    const { findings } = await world.run();
    expect(shortly(findings)).toEqual(['unknown acme CREDENTIALS_MISSING']);
  });
});

describe('while the fleet is changed', () => {
  const operation = (orgId: string) => ({
    id: 'test',
    key: { orgId, role: 'inbound' } as const,
    by: { kind: 'local', id: 'test' } as const,
    deadline: { remainingMs: () => 29_000 },
    journal: { record: () => {} },
  });

  it('assistants that are made, changed and removed during the walk are no findings', async () => {
    const world = fleet(12);
    let lists = 0;
    let isBusy = false;
    world.onRequest = async (verb) => {
      if (verb !== 'LIST' || isBusy) return;
      isBusy = true;
      const payload = { name: 'new', metadata: ownership({ orgId: `new${lists}`, role: 'inbound' }, DEPLOYMENT) };
      await ensureAssistant(
        { ...world.dependencies, ...operation(`new${lists}`) },
        {
          desired: { payload, tools: [], specHash: 'new' },
        },
      );
      await removeAssistant({ ...world.dependencies, ...operation(nameOf(lists)) });
      const changed = {
        name: 'changed',
        metadata: ownership({ orgId: nameOf(11 - lists), role: 'inbound' }, DEPLOYMENT),
      };
      if (lists < 5) {
        await ensureAssistant(
          { ...world.dependencies, ...operation(nameOf(11 - lists)) },
          {
            desired: { payload: changed, tools: [], specHash: 'two' },
          },
        );
      }
      lists += 1;
      isBusy = false;
    };
    const { findings } = await world.run();
    expect(lists).toBeGreaterThan(3);
    expect(shortly(findings)).toEqual([]);
  });

  it('what is removed or changed when it has just been listed is none either', async () => {
    const world = fleet(12);
    let lists = 0;
    let isBusy = false;
    world.onReply = async (verb) => {
      if (verb !== 'LIST' || isBusy) return;
      isBusy = true;
      // Those of the page that was just listed, newest first.
      const [removed, changed] = [nameOf(11 - lists * 2), nameOf(10 - lists * 2)];
      lists += 1;
      if (lists < 5) {
        await removeAssistant({ ...world.dependencies, ...operation(removed) });
        const metadata = ownership({ orgId: changed, role: 'inbound' }, DEPLOYMENT);
        const desired = { payload: { name: 'changed', metadata }, tools: [], specHash: 'two' };
        await ensureAssistant({ ...world.dependencies, ...operation(changed) }, { desired });
      }
      isBusy = false;
    };
    const { findings } = await world.run();
    expect(lists).toBeGreaterThan(3);
    expect(shortly(findings)).toEqual([]);
  });

  it('a default that Vapi adds to every assistant is none', async () => {
    const world = fleet(12);
    for (let index = 0; index < 12; index += 1) world.edit(idOf(world, nameOf(index)), { backgroundSound: 'office' });
    expect((await world.run()).findings).toEqual([]);
  });

  it('a task with little time does what it can and sends the rest', async () => {
    const world = fleet(30, { callsPerSecond: 1 });
    world.taskMs = 14_000;
    world.edit(idOf(world, nameOf(3)), { name: 'by hand' });
    const { run, findings } = await world.run();
    expect(findings).toHaveLength(1);
    expect(run.summary?.totals.classes['in-sync']).toBe(29);
  });
});

describe('removals', () => {
  const stray = (world: DriftWorld, orgId: string, ageMs: number) =>
    world.put(PLATFORM, { metadata: ownership({ orgId, role: 'inbound' }, DEPLOYMENT) }, world.clock - ageMs);

  it('are capped', async () => {
    const world = fleet(5, { maxRemovals: 2 });
    for (let index = 0; index < 4; index += 1) stray(world, `gone${index}`, 2 * HOUR);
    const { run } = await world.run('heal');
    expect(run.summary?.healed).toMatchObject({ removed: 2, kept: { 'removals-used-up': 2 } });
  });

  const strays = (world: DriftWorld) => Array.from({ length: 8 }, (_, index) => stray(world, `gone${index}`, 2 * HOUR));
  const countsOf = (world: DriftWorld, placed: ReturnType<typeof strays>, run: DriftRun) => ({
    removed: placed.filter(({ id }) => !world.live(id)).length,
    counted: run.summary?.healed?.removed,
  });

  it('are capped for the whole run, and counted as they were made, when every task comes twice and at once', async () => {
    const world = fleet(5, { maxRemovals: 3 });
    const placed = strays(world);
    let deliveries = 0;
    const { run } = await world.run('heal', { isRepeated: () => deliveries++ < 30, width: 3 });
    expect(countsOf(world, placed, run)).toEqual({ removed: 3, counted: 3 });
  });

  it('are capped and counted as they were made wherever a worker dies', async () => {
    for (let lifetime = 1; lifetime < 60; lifetime += 1) {
      const world = fleet(5, { maxRemovals: 3 });
      const placed = strays(world);
      let deliveries = 0;
      // Whoever comes late lives: else nothing would ever end.
      const mortal = () => (deliveries++ < 12 ? lifetime : undefined);
      const { run } = await world.run('heal', { isRepeated: () => deliveries < 6, lifetime: mortal });
      expect([lifetime, countsOf(world, placed, run)]).toEqual([lifetime, { removed: 3, counted: 3 }]);
    }
  });

  it('spare what is young, what is being changed, and what the organisation names as its own', async () => {
    const world = fleet(5);
    stray(world, 'young', HOUR / 2);
    const named = stray(world, nameOf(1), 2 * HOUR);
    world.mappings.records.set(nameOf(1), { vapiAssistantId: named.id });
    const { run } = await world.run('heal');
    expect(keptIn(run)).toEqual({ young: 1, 'named-by-organisation': 1 });
    expect(world.calls).not.toContain('DELETE');
  });

  it('spare one that a number rings: callers would reach nobody', async () => {
    const world = fleet(5);
    const rung = stray(world, nameOf(1), 2 * HOUR);
    world.upstream.numbers.set('number', { id: 'number', isTakenOtherwise: false, assistantId: rung.id });
    const { run } = await world.run('heal');
    expect(keptIn(run)).toEqual({ 'answers-a-number': 1 });
    expect(world.live(rung.id)).toBeDefined();
  });

  it('look again before they act: what was mapped meanwhile stays', async () => {
    const world = fleet(5);
    const again = stray(world, nameOf(1), 2 * HOUR);
    await startRun(
      world.dependencies,
      { journal: { record: () => {} } },
      { trigger: 'schedule', mode: scheduledMode('heal') },
    );
    const row = world.row({ orgId: nameOf(1), role: 'inbound' });
    world.onRequest = async () => {
      const [run] = world.runs.runs.values();
      if (run?.status === 'healing' && row) row.assistantId = again.id;
    };
    await world.drain();
    expect(world.live(again.id)).toBeDefined();
  });
});

describe('healing again and again', () => {
  it('a heal that does not stick is tried less and less often', async () => {
    const world = fleet(3);
    const assistantId = idOf(world, nameOf(1));
    const reapplied: (number | undefined)[] = [];
    for (let hour = 0; hour < 8; hour += 1) {
      world.edit(assistantId, { name: 'by a script' });
      const { run } = await world.run('heal');
      reapplied.push(run.summary?.healed?.reapplied);
      world.clock += HOUR;
    }
    expect(reapplied).toEqual([1, 1, 0, 1, 0, 0, 0, 1]);
    expect(world.row({ orgId: nameOf(1), role: 'inbound' })?.drift?.heals).toBe(4);
  });

  it('a finding ends when it is put right by whomever', async () => {
    const world = fleet(3);
    world.edit(idOf(world, nameOf(1)), { name: 'by hand' });
    await world.run();
    expect(world.row({ orgId: nameOf(1), role: 'inbound' })?.drift).toMatchObject({
      class: 'drifted',
      fields: ['/name'],
    });
    world.edit(idOf(world, nameOf(1)), { name: nameOf(1) });
    world.clock += HOUR;
    expect((await world.run()).findings).toEqual([]);
    expect(world.row({ orgId: nameOf(1), role: 'inbound' })?.drift).toBeUndefined();
  });
});

describe('modes', () => {
  it.each([
    ['the deployment reports', 'report', undefined, 0],
    ['the deployment heals', 'heal', undefined, 1],
    ['the organisation wants to be left alone', 'heal', 'off', 0],
    ['the organisation wants reports', 'heal', 'report', 0],
    ['the organisation wants to be healed where the deployment reports', 'report', 'heal', 1],
  ] as const)('%s', async (_, mode, own, reapplied) => {
    const world = fleet(3);
    world.edit(idOf(world, nameOf(1)), { name: 'by hand' });
    if (own) world.mappings.records.set(nameOf(1), { driftMode: own });
    const { runId } = await startRun(
      world.dependencies,
      { journal: { record: () => {} } },
      {
        trigger: 'schedule',
        mode: scheduledMode(mode),
      },
    );
    await world.drain();
    const run = await world.runs.read(runId);
    expect(run?.summary?.healed?.reapplied ?? 0).toBe(reapplied);
    expect(run?.summary?.totals.classes.drifted).toBe(own === 'off' ? 0 : 1);
  });

  it('who asks for a report gets no more, whatever an organisation wants', async () => {
    const world = fleet(3);
    world.edit(idOf(world, nameOf(1)), { name: 'by hand' });
    world.mappings.records.set(nameOf(1), { driftMode: 'heal' });
    await world.run('report');
    expect(world.calls).not.toContain('PATCH');
  });

  it('fields that an organisation or the deployment leaves to others are not compared', async () => {
    const world = fleet(3, { ignored: ['/firstMessage'] });
    world.edit(idOf(world, nameOf(0)), { firstMessage: 'by hand' });
    world.edit(idOf(world, nameOf(1)), { name: 'by hand' });
    world.mappings.records.set(nameOf(1), { driftIgnore: ['/name'] });
    expect((await world.run()).findings).toEqual([]);
  });
});

describe('the phone number of an assistant', () => {
  const PHONE = '00000000-0000-4000-8000-0000000000aa';

  function withNumber(): DriftWorld {
    const world = fleet(5);
    const row = world.row({ orgId: nameOf(2), role: 'inbound' });
    if (row) row.phoneNumber = { id: PHONE, status: 'linked', previous: [] };
    world.secrets.set('platform', JSON.stringify({ apiKey: PLATFORM }));
    world.mappings.records.set(nameOf(2), { vapiPhoneNumberId: PHONE });
    return world;
  }

  it('costs one list for the whole account while all is well', async () => {
    const world = withNumber();
    world.upstream.numbers.set(PHONE, { id: PHONE, isTakenOtherwise: false, assistantId: idOf(world, nameOf(2)) });
    const { run, findings } = await world.run();
    expect(findings).toEqual([]);
    expect(run.summary?.totals.numbers).toBe(1);
  });

  it('that somebody has unassigned is found, and pointed back', async () => {
    const world = withNumber();
    world.upstream.numbers.set(PHONE, { id: PHONE, isTakenOtherwise: false });
    const { findings } = await world.run('heal');
    expect(findings).toMatchObject([{ class: 'drifted', changes: [{ path: '/phoneNumber/assistantId' }] }]);
    expect(world.upstream.numbers.get(PHONE)?.assistantId).toBe(idOf(world, nameOf(2)));
    world.clock += HOUR;
    expect((await world.run()).findings).toEqual([]);
  });

  it('that rings a foreign assistant is reported and left alone', async () => {
    const world = withNumber();
    const foreign = world.put(PLATFORM, { name: 'of somebody else' });
    world.upstream.numbers.set(PHONE, { id: PHONE, isTakenOtherwise: false, assistantId: foreign.id });
    await world.run('heal');
    expect(world.upstream.numbers.get(PHONE)?.assistantId).toBe(foreign.id);
    world.clock += HOUR;
    const { findings } = await world.run('heal');
    expect(shortly(findings)).toEqual([`pending ${nameOf(2)} inbound phone-number-foreign`]);
  });
});

describe('one cause that hits many', () => {
  it('is one thing to look at', async () => {
    const world = fleet(40);
    for (let index = 0; index < 30; index += 1)
      world.edit(idOf(world, nameOf(index)), { voice: { provider: 'vapi' }, name: 'x' });
    const { run } = await world.run();
    expect(run.summary?.common).toEqual([{ cause: 'drifted: /name', count: 30 }]);
  });
});

import { requestedMode } from '../../../src/domain/drift/mode.ts';
import { resendLostRun } from '../../../src/domain/drift/run/resend-run.ts';
import { startRun } from '../../../src/domain/drift/run/start-run.ts';
import { DriftWorld } from './drift-world.ts';

const STALLED_MS = 60_000;
/** Longer than a task that heals waits for another one, in ms. */
const LATER_MS = 200_000;
const journal = { record: () => {} };

/** Of several windows, an account of its own, and something to heal. */
async function started(): Promise<{ world: DriftWorld; runId: string }> {
  const world = new DriftWorld();
  for (let index = 0; index < 20; index += 1) world.place(`org${index}`, { at: world.clock + index * 1000 });
  world.place('own', { account: 'own-key' });
  world.clock += 24 * 3_600_000;
  world.edit(world.row({ orgId: 'org3', role: 'inbound' })?.assistantId ?? '', { firstMessage: 'By hand' });
  const { runId } = await startRun(
    world.dependencies,
    { journal },
    { trigger: 'request', mode: requestedMode('heal') },
  );
  return { world, runId };
}

/** Drains the queue, and loses one message on the way: the first that is waiting after so many effects. */
async function drainLosing(world: DriftWorld, lostAfter: number): Promise<string | undefined> {
  let sent = 0;
  let lost: string | undefined;
  const push = world.tasks.push.bind(world.tasks);
  world.tasks.push = (...tasks) => {
    const kept = tasks.filter((task) => {
      sent += 1;
      if (sent !== lostAfter) return true;
      lost = task.kind;
      return false;
    });
    return push(...kept);
  };
  await world.drain();
  return lost;
}

it('whichever message of a drift run is lost, the schedule sends its task again, and the run is closed', async () => {
  const lostKinds = new Set<string>();
  for (let at = 1; ; at += 1) {
    const { world, runId } = await started();
    if (at === 1) world.tasks.length = 0;
    const lost = at === 1 ? 'drift-plan' : await drainLosing(world, at - 1);
    if (lost === undefined) break;
    lostKinds.add(lost);
    expect(await resendLostRun({ ...world.dependencies, journal }, STALLED_MS)).toBe(0);
    for (let round = 0; round < 3; round += 1) {
      world.clock += LATER_MS;
      await resendLostRun({ ...world.dependencies, journal }, STALLED_MS);
      await world.drain();
    }
    expect(await world.runs.read(runId)).toMatchObject({ status: 'closed' });
  }
  expect([...lostKinds]).toEqual(expect.arrayContaining(['drift-plan', 'drift-window', 'drift-heal', 'reapply']));
});

it('a run that waits, or in which something is done, is left alone', async () => {
  const { world, runId } = await started();
  await world.drain();
  const [run, unit] = [world.runs.runs.get(runId), world.runs.parts.get(`${runId}/0`)];
  if (!run || !unit) throw new Error('nothing was run');
  world.runs.runs.set(runId, { ...run, status: 'checking', done: [...run.done].filter((number) => number !== 0) });
  const resentAt = async (dueAt: number) => {
    world.runs.parts.set(`${runId}/0`, { ...unit, isDone: false, dueAt: new Date(dueAt).toISOString() });
    return await resendLostRun({ ...world.dependencies, journal }, STALLED_MS);
  };
  world.clock += 3_600_000;
  expect(await resentAt(world.clock + 300_000)).toBe(0);
  expect(await resentAt(world.clock - 59_000)).toBe(0);
  expect(await resentAt(world.clock - 61_000)).toBe(1);
});

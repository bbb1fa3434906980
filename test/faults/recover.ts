import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { type Ending, type Job, KEY } from './jobs.ts';
import type { World } from './world.ts';

/** Time enough for every claim to end and every create to settle. */
const PAUSE_MS = 45_000;
const TRIES = 6;

/**
 * Repeats a job as a caller would who obeys Retry-After, until it succeeds, and then has the worker do what is left to
 * it. Every try is a new process.
 */
export async function recover(world: World, job: Job): Promise<Ending> {
  world.upstream.verdict = () => 'ok';
  const ending = await untilDone(world, job);
  if (isFailed(ending)) return ending;
  const worked = await finishWork(world, job.key);
  return isFailed(worked) ? worked : ending;
}

/** Has the worker do what is left to it. */
export async function finishWork(world: World, key: AssistantKey = KEY): Promise<Ending> {
  return await untilDone(world, { kind: 'work', key });
}

async function untilDone(world: World, job: Job): Promise<Ending> {
  let ending: Ending = 'never tried';
  for (let round = 0; round < TRIES; round += 1) {
    world.pass(PAUSE_MS);
    ending = await world.run(job);
    if (!isFailed(ending)) return ending;
  }
  return ending;
}

/** Problems, and tasks that are to come back, have names in capitals. */
export function isFailed(ending: Ending): boolean {
  return /^[A-Z_]+$/.test(ending);
}

import { isOurs } from '../../src/domain/configuration/configuration.ts';
import { violations } from '../faults/invariants.ts';
import { DEPLOYMENT, desired, type Ending, KEY } from '../faults/jobs.ts';
import type { ProcessJob } from '../faults/perform.ts';
import { finishWork, isFailed, recover } from '../faults/recover.ts';
import { VERSIONS } from '../faults/rollout-of-one.ts';
import type { World } from '../faults/world.ts';
import { canonicalText } from './canonical.ts';
import type { State } from './state.ts';

export const SPECS = ['a1', 'a2', 'b1', 'a3+x', 'b2+xy'];

/**
 * What is wrong when faults have ended, nobody acts any more, and each caller has asked once more, in either order, or
 * one of them alone: one assistant or none, as the last caller wants it, and nothing of ours besides.
 */
export async function wrongAfterwards(
  world: World,
  state: State,
  { jobs, unanswered }: { jobs: readonly ProcessJob[]; unanswered: readonly ProcessJob[] },
): Promise<string[]> {
  const found: string[] = [];
  // A PUT or a DELETE is enough by itself: whoever has failed beside it may never ask again.
  const alone = jobs.length > 1 ? jobs.filter(isEnough).map((job) => [job]) : [];
  for (const order of [jobs, jobs.toReversed(), ...alone].map((asked) => [...unanswered, ...asked])) {
    world.restore(state.shared.state, state.clock);
    for (const wrong of await askAgain(world, order))
      found.push(`after ${order.map(textOfJob).join(', then ')}: ${wrong}`);
  }
  return [...new Set(found)];
}

async function askAgain(world: World, jobs: readonly ProcessJob[]): Promise<string[]> {
  const endings: Ending[] = [];
  // Whoever had put a wrong key there has set it right.
  if (world.secrets.get('platform')?.includes('other-key')) world.secrets.set('platform', '{"apiKey":"platform-key"}');
  for (const job of jobs) endings.push(await recover(world, job));
  endings.push(await finishWork(world));
  const failed = endings.filter((ending) => isFailed(ending) && !REFUSALS.includes(ending));
  const last = jobs[endings.findLastIndex((ending, index) => isCaller(jobs[index]) && !REFUSALS.includes(ending))];
  return [...failed.map((ending) => `it ends with ${ending}`), ...unstable(world, last)];
}

/** Nothing was done, and the caller was told why. */
const REFUSALS: readonly Ending[] = ['NOT_FOUND', 'refused', 'ASSISTANT_TAKEN', 'skipped'];

function isEnough(job: ProcessJob): boolean {
  return isCaller(job) && (job.kind === 'ensure' || job.kind === 'remove');
}

function isCaller(job: ProcessJob | undefined): boolean {
  return job !== undefined && job.key === undefined && job.kind !== 'work' && job.kind !== 'reapply';
}

function unstable(world: World, last: ProcessJob | undefined): string[] {
  const row = world.mappings.rows.get(`${KEY.orgId}/${KEY.role}`);
  if (row?.assistantId && row.specHash === undefined) return asImported(world, row.assistantId);
  const isKept = row?.specHash === undefined || world.specs.specs.has(`${KEY.orgId}/${KEY.role}/${row.specHash}`);
  const unkept = isKept ? [] : ['the configuration that the row names is not stored'];
  return [...violations(world, SPECS), ...unkept, ...notHeard(world), ...(last ? notAsAsked(row?.specHash, last) : [])];
}

/** What the row says of what callers hear is so. */
function notHeard(world: World): string[] {
  const row = world.mappings.rows.get(`${KEY.orgId}/${KEY.role}`);
  const live = world.upstream.assistants().find(({ id }) => id === row?.assistantId);
  if (!world.upstream.hasTraffic || !live || !row?.live) return [];
  const isHeard = canonicalText(world.upstream.heard(live)) === canonicalText(live.config);
  return isHeard === (row.live.state === 'current') ? [] : [`the row says that the assistant is ${row.live.state}`];
}

/** An imported assistant is as it was, and the only one. */
function asImported({ mappings, upstream }: World, assistantId: string): string[] {
  const others = upstream
    .assistants()
    .filter(({ id, config }) => id !== assistantId && isOurs(config, KEY, DEPLOYMENT));
  const isThere = upstream.stored.has(assistantId);
  const claim = mappings.rows.get(`${KEY.orgId}/${KEY.role}`)?.claim;
  return [
    ...(isThere ? [] : ['what was imported is not there']),
    ...(claim ? [`a claim is left: ${claim.operation}`] : []),
    ...others.map(({ id }) => `${id} is beside what was imported`),
  ];
}

function notAsAsked(specHash: string | undefined, job: ProcessJob): string[] {
  if (job.kind === 'remove') return specHash === undefined ? [] : ['it is there, though it was removed last'];
  if (job.kind === 'import' || job.kind === 'work' || job.kind === 'reapply') return [];
  const spec = job.kind === 'rollout' ? VERSIONS[job.step === 'apply' ? 2 : 1] : job.spec;
  return spec === undefined || specHash === desired(spec).specHash
    ? []
    : [`it is not as the last call wants it (${spec})`];
}

export function textOfJob(job: ProcessJob): string {
  const of = job.key ? ' of another' : '';
  if (job.kind === 'ensure' && job.follow) return `ensure ${job.spec} and follow`;
  if (job.kind === 'ensure' && job.version === 0) return `ensure ${job.spec} without a template`;
  if (job.kind === 'rollout') return `${job.step} (rollout)`;
  return 'spec' in job ? `${job.kind} ${job.spec}${of}` : `${job.kind}${of}`;
}

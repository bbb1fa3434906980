import pMap from 'p-map';
import { type components, orThrow, ProblemError, type ServiceClient } from '../../client/index.ts';
import type { Role } from '../arguments.ts';
import { pagesOf } from '../pages.ts';
import { AT_ONCE } from './at-once.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';
import { type Foundation, planFoundations } from './plan-templates.ts';
import type { Directory, WantedAssistant } from './read.ts';

type FieldChange = components['schemas']['FieldChange'];

/** What one step of `apply` would do. */
export interface Step {
  orgId: string;
  role: Role;
  action: 'create' | 'update' | 'remove';
  file?: string;
  /** The row that the plan was made from; the step is not made on another one. Absent: there is none. */
  revision?: number;
  /** Of an update: the fields that differ. */
  changes: readonly FieldChange[];
  wanted?: WantedAssistant;
  /** What it stands on changes with the same plan, so that the fields that differ are not known before. */
  because?: string;
}

/** All that a directory asks for and that is not so. */
export interface Plan {
  /** Templates and values, which come first. */
  foundations: readonly Foundation[];
  steps: readonly Step[];
  unchanged: number;
  mistakes: readonly Mistake[];
}

interface Planning {
  client: ServiceClient;
  /** With it, what is there and not in the directory is removed. */
  prune: boolean;
  onDone?: () => void;
}

/** Compares a directory with what is there, by dry runs: nothing is written. */
export async function planDirectory(directory: Directory, { client, prune, onDone }: Planning): Promise<Plan> {
  const mistakes: Mistake[] = [];
  const [revisions, foundations] = await Promise.all([
    revisionsOf(client, directory.orgIds),
    planFoundations(client, directory, mistakes),
  ]);
  const steps = await pMap(
    directory.assistants,
    async (wanted) => {
      const revision = revisions.get(nameOf(wanted));
      const because = changedBelow(wanted, foundations);
      const step = because
        ? stepAbove(wanted, revision, because)
        : await planOne(client, wanted, { revision, mistakes });
      onDone?.();
      return step;
    },
    { concurrency: AT_ONCE },
  );
  const removals = prune ? await removalsOf(client, directory, revisions) : [];
  return {
    foundations,
    steps: [...steps.filter((step) => step !== undefined), ...removals],
    unchanged: steps.filter((step) => step === undefined).length - mistakes.length,
    mistakes,
  };
}

/** The template of a binding, or the values of its organisation, when the same plan changes them. */
function changedBelow({ orgId, body }: WantedAssistant, foundations: readonly Foundation[]): string | undefined {
  if (!('template' in body)) return undefined;
  const found = foundations.find(({ kind, name }) => name === (kind === 'template' ? body.template : orgId));
  return found && (found.kind === 'template' ? `template ${found.name} changes` : 'variables change');
}

function stepAbove(wanted: WantedAssistant, revision: number | undefined, because: string): Step {
  const { orgId, role, source } = wanted;
  const action = revision === undefined ? 'create' : 'update';
  return { orgId, role, action, file: source.file, revision, changes: [], wanted, because };
}

function nameOf({ orgId, role }: { orgId: string; role: string }): string {
  return `${orgId}/${role}`;
}

async function revisionsOf(client: ServiceClient, orgIds: readonly string[]): Promise<Map<string, number>> {
  const revisions = new Map<string, number>();
  const read = async (orgId: string) => {
    const { data, error, response } = await client.GET('/orgs/{orgId}/assistants', { params: { path: { orgId } } });
    if (response.status === 404) return;
    for (const row of orThrow({ data, error, response }).assistants) revisions.set(nameOf(row), row.revision);
  };
  await pMap(orgIds, read, { concurrency: AT_ONCE });
  return revisions;
}

/** Who asks may not ask at all, or too often: that is of no single assistant. */
const OF_THE_CALLER = [401, 403, 429];

/** Undefined when it is so already, and when the service refuses it or fails: then it is among the mistakes. */
async function planOne(
  client: ServiceClient,
  wanted: WantedAssistant,
  { revision, mistakes }: { revision: number | undefined; mistakes: Mistake[] },
): Promise<Step | undefined> {
  const { orgId, role, body, source } = wanted;
  const params = { path: { orgId, role }, query: { dryRun: true } };
  const reply = await client.PUT('/orgs/{orgId}/assistants/{role}', { params, body });
  if (!reply.response.ok && !OF_THE_CALLER.includes(reply.response.status)) {
    const error = new ProblemError(reply.error, reply.response);
    mistakes.push(...mistakesIn(error, { source, root: ['assistants', role] }));
    return undefined;
  }
  const plan = orThrow(reply);
  if (!('plan' in plan)) return undefined;
  const step = { orgId, role, file: source.file, revision, changes: plan.changes, wanted };
  if (plan.plan !== 'unchanged') return { ...step, action: revision === undefined ? 'create' : 'update' };
  // A configuration of its own stands in an export also for one that is bound: that alone takes no binding away.
  const isToBeBound = 'template' in body && plan.rebinds;
  return isToBeBound ? { ...step, action: 'update', because: 'its binding changes' } : undefined;
}

/** What is there and in no file: of the organisations of the directory, and of all in the platform's account. */
async function removalsOf(
  client: ServiceClient,
  { assistants, orgIds }: Directory,
  revisions: ReadonlyMap<string, number>,
): Promise<Step[]> {
  const there = new Map(revisions);
  const page = async (cursor: string | undefined) =>
    orThrow(await client.GET('/assistants', { params: { query: { limit: 200, cursor } } }));
  for await (const { items } of pagesOf(page)) {
    for (const row of items) if (!orgIds.includes(row.orgId)) there.set(nameOf(row), row.revision);
  }
  const wanted = new Set(assistants.map(nameOf));
  return [...there].flatMap(([name, revision]) => {
    const [orgId = '', role] = name.split('/');
    const isRole = role === 'inbound' || role === 'outbound';
    return wanted.has(name) || !isRole ? [] : [{ orgId, role, action: 'remove' as const, revision, changes: [] }];
  });
}

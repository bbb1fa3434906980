import pMap from 'p-map';
import { type components, orThrow, ProblemError, type ServiceClient } from '../../client/index.ts';
import { isReserved } from '../../src/domain/configuration/assistant-key.ts';
import { Problem } from '../../src/domain/problem.ts';
import type { Configuration, Role } from '../arguments.ts';
import { pagesOf } from '../pages.ts';
import { AT_ONCE } from './at-once.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';
import { type Foundation, nextVersion, planFoundations } from './plan-templates.ts';
import type { Directory, WantedAssistant } from './read.ts';
import { renderAhead } from './render-ahead.ts';

type FieldChange = components['schemas']['FieldChange'];
type Status = components['schemas']['Status'];

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
  /** Why it is a step besides the fields that differ: what it stands on changes, or it is not bound yet. */
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
  const below: Mistake[] = [];
  const [rows, foundations] = await Promise.all([
    rowsOf(client, directory.orgIds),
    planFoundations(client, directory, below),
  ]);
  const planned = await pMap(
    directory.assistants,
    async (wanted) => {
      const one = { client, wanted, row: rows.get(nameOf(wanted)) };
      const because = changedBelow(wanted, foundations);
      const ground = { directory, foundations, isSound: below.length === 0 };
      const found = because ? await planAbove(one, because, ground) : await planOne(one);
      onDone?.();
      return found;
    },
    { concurrency: AT_ONCE },
  );
  const steps = planned.flatMap(({ step }) => step ?? []);
  const removals = prune ? await removalsOf(client, directory, rows) : [];
  return {
    foundations,
    steps: [...steps, ...removals],
    unchanged: planned.length - steps.length,
    mistakes: [...below, ...planned.flatMap(({ mistakes = [] }) => mistakes)],
  };
}

/** An assistant to be planned. */
interface One {
  client: ServiceClient;
  wanted: WantedAssistant;
  /** As it is; absent: there is none. */
  row: Status | undefined;
}

/** What has to be done for one assistant; nothing when it is so already. With mistakes the service would refuse it. */
interface Planned {
  step?: Step;
  mistakes?: readonly Mistake[];
}

/** The template of a binding, or the values of its organisation, when the same plan changes them. */
function changedBelow({ orgId, body }: WantedAssistant, foundations: readonly Foundation[]): string | undefined {
  if (!('template' in body)) return undefined;
  const { template } = body;
  const version = versionIn(body);
  const found = foundations.find((step) => {
    if (step.kind === 'variables') return step.name === orgId;
    return step.name === template && (version === undefined || version >= (nextVersion(step) ?? 0));
  });
  return found && (found.kind === 'template' ? `template ${found.name} changes` : 'variables change');
}

/** The version that a binding names; the service says what is wrong with another value. */
function versionIn(body: Configuration): number | undefined {
  return 'version' in body && typeof body.version === 'number' ? body.version : undefined;
}

/** An assistant whose template or values change with the same plan: by what they will give. */
async function planAbove(
  one: One,
  because: string,
  ground: { directory: Directory; foundations: readonly Foundation[]; isSound: boolean },
): Promise<Planned> {
  const { client, wanted } = one;
  // What a template that is refused would give is not worth a word.
  if (!ground.isSound) return {};
  try {
    const body = await renderAhead(client, wanted, ground);
    const { step, mistakes } = body ? await planOne({ ...one, wanted: { ...wanted, body } }) : {};
    return mistakes ? { mistakes } : { step: { ...stepOf(one, step?.changes ?? []), because } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { message, errors } = error;
    const place = { source: wanted.source, root: ['assistants', wanted.role] };
    return { mistakes: mistakesIn({ message, problem: { errors } }, place) };
  }
}

function stepOf({ wanted, row }: One, changes: readonly FieldChange[]): Step {
  const { orgId, role, source } = wanted;
  const action = row === undefined ? 'create' : 'update';
  return { orgId, role, action, file: source.file, revision: row?.revision, changes, wanted };
}

function nameOf({ orgId, role }: { orgId: string; role: string }): string {
  return `${orgId}/${role}`;
}

async function rowsOf(client: ServiceClient, orgIds: readonly string[]): Promise<Map<string, Status>> {
  const rows = new Map<string, Status>();
  const read = async (orgId: string) => {
    const { data, error, response } = await client.GET('/orgs/{orgId}/assistants', { params: { path: { orgId } } });
    if (response.status === 404) return;
    for (const row of orThrow({ data, error, response }).assistants) rows.set(nameOf(row), row);
  };
  await pMap(orgIds, read, { concurrency: AT_ONCE });
  return rows;
}

/** Who asks may not ask at all, or too often: that is of no single assistant. */
const OF_THE_CALLER = [401, 403, 429];

async function planOne(one: One): Promise<Planned> {
  const { client, wanted } = one;
  const { orgId, role, body, source } = wanted;
  const params = { path: { orgId, role }, query: { dryRun: true } };
  const reply = await client.PUT('/orgs/{orgId}/assistants/{role}', { params, body });
  if (!reply.response.ok && !OF_THE_CALLER.includes(reply.response.status)) {
    const error = new ProblemError(reply.error, reply.response);
    return { mistakes: mistakesIn(error, { source, root: ['assistants', role] }) };
  }
  const plan = orThrow(reply);
  if (!('plan' in plan)) return {};
  if (plan.plan !== 'unchanged') return { step: stepOf(one, plan.changes) };
  // A configuration of its own stands in an export also for one that is bound: that alone takes no binding away.
  const isToBeBound = 'template' in body && plan.rebinds;
  return isToBeBound ? { step: { ...stepOf(one, []), because: 'its binding changes' } } : {};
}

/** What is there and in no file: of the organisations of the directory, and of all in the platform's account. */
async function removalsOf(
  client: ServiceClient,
  { assistants, orgIds }: Directory,
  rows: ReadonlyMap<string, Status>,
): Promise<Step[]> {
  const there = new Map([...rows].map(([name, { revision }]) => [name, revision]));
  const page = async (cursor: string | undefined) =>
    orThrow(await client.GET('/assistants', { params: { query: { limit: 200, cursor } } }));
  for await (const { items } of pagesOf(page)) {
    for (const row of items) {
      if (!orgIds.includes(row.orgId) && !isReserved(row.orgId)) there.set(nameOf(row), row.revision);
    }
  }
  const wanted = new Set(assistants.map(nameOf));
  return [...there].flatMap(([name, revision]) => {
    const [orgId = '', role] = name.split('/');
    const isRole = role === 'inbound' || role === 'outbound';
    return wanted.has(name) || !isRole ? [] : [{ orgId, role, action: 'remove' as const, revision, changes: [] }];
  });
}

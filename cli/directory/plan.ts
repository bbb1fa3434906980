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

/** One step of `apply`. */
export interface Step {
  orgId: string;
  role: Role;
  action: 'create' | 'update' | 'remove';
  file?: string;
  /** The row that the plan saw; the step is not performed on another one. Absent: there was none. */
  revision?: number;
  /** For an update: the fields that differ. */
  changes: readonly FieldChange[];
  wanted?: WantedAssistant;
  /** Further reasons for the step: its template or values change, or it is not bound yet. */
  because?: string;
}

/** Everything that a directory asks for and that is not so yet. */
export interface Plan {
  /** Templates and values, which come first. */
  foundations: readonly Foundation[];
  steps: readonly Step[];
  unchanged: number;
  mistakes: readonly Mistake[];
}

interface Planning {
  client: ServiceClient;
  /** When true, assistants that are not in the directory are removed. */
  prune: boolean;
  onDone?: () => void;
}

/** Compares a directory with the present fleet by dry runs: nothing is written. */
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
  /** The present assistant; absent: there is none. */
  row: Status | undefined;
}

/** The step for one assistant; none when it needs no change. Refusals of the service become mistakes. */
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

/** Plans an assistant whose template or values change in the same plan, by what these will give. */
async function planAbove(
  one: One,
  because: string,
  ground: { directory: Directory; foundations: readonly Foundation[]; isSound: boolean },
): Promise<Planned> {
  const { client, wanted } = one;
  // A refused template is reported already.
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

/** The caller is refused, or asks too often: that concerns no single assistant. */
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
  // An export has the plain configuration also of a bound assistant: that alone does not remove the binding.
  const isToBeBound = 'template' in body && plan.rebinds;
  return isToBeBound ? { step: { ...stepOf(one, []), because: 'its binding changes' } } : {};
}

/** Assistants that no file has: those of the organisations of the directory, and of the platform's account. */
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

import type { Resource } from '../../src/domain/account/vapi-account.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { type DesiredAssistant, isOurs } from '../../src/domain/configuration/configuration.ts';
import { diffAssistant } from '../../src/domain/configuration/diff.ts';
import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import { LOOKUP_MARGIN_MS } from '../../src/domain/timing.ts';
import { DEPLOYMENT, desired, KEY } from '../faults/jobs.ts';
import type { ProcessJob } from '../faults/perform.ts';
import { VERSIONS } from '../faults/rollout-of-one.ts';
import type { WorldState } from '../faults/world.ts';
import { canonicalText } from './canonical.ts';
import type { Move } from './moves.ts';
import { isAlive, type Shared, type State } from './state.ts';

/** What is asked in one case, and what no operation may touch. */
export interface Rules {
  jobs: readonly ProcessJob[];
  /** Assistants, tools and numbers of others, as they are from the start on. */
  foreign: readonly string[];
  /** True where processes may outlive their claim: then one may be made beside another, and is removed again. */
  mayOutlive: boolean;
  /** How many replies may be lost at first. */
  losses: number;
}

type Assistant = WorldState['upstream']['assistants'][number];

/** What a move has broken; empty when all is well. */
export function brokenBy(rules: Rules, { before, move, after }: { before: State; move: Move; after: State }): string[] {
  const endings = [...endingsOf(rules, before, after), ...claimKept(rules, before, after)];
  if (before.shared === after.shared) return [...endings, ...unaccounted(before, after)];
  const made = madeBetween(before, after);
  return [
    ...endings,
    ...unaccounted(before, after),
    ...made.flatMap((assistant) => madeWrongly(rules, { before, move, after, assistant })),
    ...removedWrongly(before, move, after),
    ...overriddenByRollout(rules, { before, move, after }),
    ...appliedByWorker(rules, { before, move, after }),
    ...toolsMadeTwice(before, after),
    ...foreignTouched(rules, after),
    ...linkedToNothing(before, after),
    ...namedTwice(after),
    ...notStored(after),
  ];
}

export function rowOf({ rows }: WorldState, key: AssistantKey = KEY): AssistantMapping | undefined {
  return rows.find(([, { orgId, role }]) => orgId === key.orgId && role === key.role)?.[1];
}

function ours({ shared, clock }: State): Assistant[] {
  const { assistants } = shared.state.upstream;
  return assistants.filter(({ config, existsFrom }) => existsFrom <= clock && isOurs(config, KEY, DEPLOYMENT));
}

function madeBetween(before: State, after: State): Assistant[] {
  const known = before.shared.state.upstream.assistants.map(({ id }) => id);
  return ours(after).filter(({ id }) => !known.includes(id));
}

interface Making {
  before: State;
  move: Move;
  after: State;
  assistant: Assistant;
}

function madeWrongly({ jobs, mayOutlive }: Rules, { before, move, after, assistant }: Making): string[] {
  const row = rowOf(before.shared.state);
  const found: string[] = [];
  const beside = before.shared.state.upstream.assistants.filter(
    ({ id, vapiOrgId, config }) =>
      vapiOrgId === assistant.vapiOrgId && (id === row?.assistantId || isOurs(config, KEY, DEPLOYMENT)),
  );
  if (!mayOutlive) {
    found.push(...beside.map(({ id }) => `${shortId(assistant.id)} was made beside ${shortId(id)}`));
    const isOnItsWay = after.inFlight.some(({ pending }) => pending.label === 'vapi POST');
    if (isOnItsWay) found.push(`${shortId(assistant.id)} was made while an earlier POST may still arrive`);
  }
  const job = move.kind === 'step' ? jobs[move.process]?.kind : undefined;
  const isWorker = job === 'work' || job === 'reapply';
  if (isWorker && (!row || row.claim?.operation === 'delete' || before.isRemoved))
    found.push('the worker has brought back what was removed');
  return found;
}

/** Only whoever holds the claim, or has just given a removal up, takes the assistant that the row names. */
function removedWrongly(before: State, move: Move, after: State): string[] {
  const row = rowOf(before.shared.state);
  if (!row?.assistantId || row.claim?.operation === 'delete' || !isRemovedBetween(before, after, row.assistantId))
    return [];
  if (move.kind !== 'step' && move.kind !== 'land') return [];
  // Whoever moves to another account makes one there, and does not use the one that the row names.
  if (move.kind === 'land' && row.claim?.operation === 'create') return [];
  const actor = move.kind === 'step' ? move.process : (before.inFlight[move.index]?.process ?? 0);
  if (row.claim?.token.startsWith(`${nameOf(actor)}-`)) return [];
  const how =
    move.kind === 'land' ? 'a DELETE arrived late and removed' : `${nameOf(actor)}, which has no claim, removed`;
  return [`${how} ${shortId(row.assistantId)}, which the row names`];
}

function isRemovedBetween(before: State, after: State, id: string): boolean {
  const has = ({ shared }: State) => shared.state.upstream.assistants.some((assistant) => assistant.id === id);
  return has(before) && !has(after);
}

/**
 * True from a DELETE of the assistant by whoever removes it, until somebody asks for it anew. `before` says what was
 * so.
 */
export function isRemovedNow(
  { jobs }: Rules,
  { before, move, after }: { before: State; move: Move; after: State },
): boolean {
  if (move.kind !== 'step' && move.kind !== 'land') return before.isRemoved;
  const actor = move.kind === 'step' ? move.process : (before.inFlight[move.index]?.process ?? 0);
  const job = jobs[actor]?.kind;
  const id = rowOf(before.shared.state)?.assistantId;
  if (job === 'remove') return before.isRemoved || (id !== undefined && isRemovedBetween(before, after, id));
  const isAsking = job === 'ensure' || job === 'rollback' || job === 'import';
  const hasClaimed = rowOf(after.shared.state)?.claim?.token.startsWith(`${nameOf(actor)}-`) ?? false;
  return before.isRemoved && !(isAsking && hasClaimed);
}

/** What somebody has put there since a rollout was planned stays. */
function overriddenByRollout(
  { jobs }: Rules,
  { before, move, after }: { before: State; move: Move; after: State },
): string[] {
  if (move.kind !== 'step' || jobs[move.process]?.kind !== 'rollout') return [];
  const [was, is] = [rowOf(before.shared.state), rowOf(after.shared.state)];
  const isOverridden = was?.specHash !== undefined && !was.template && is?.specHash !== was.specHash;
  return isOverridden ? ['a rollout has replaced what somebody had put there'] : [];
}

/** The worker applies what was applied last, and nothing else. */
function appliedByWorker(
  { jobs }: Rules,
  { before, move, after }: { before: State; move: Move; after: State },
): string[] {
  const job = move.kind === 'step' ? jobs[move.process]?.kind : undefined;
  if (job !== 'work' && job !== 'reapply') return [];
  const [was, is] = [rowOf(before.shared.state)?.specHash, rowOf(after.shared.state)?.specHash];
  return was === is || is === undefined ? [] : ['the worker has put another configuration in the place of the last'];
}

function toolsMadeTwice(before: State, after: State): string[] {
  const { tools } = before.shared.state.upstream;
  const known = tools.map(({ id }) => id);
  const isSame = (a: Resource, b: Resource) =>
    a.vapiOrgId === b.vapiOrgId && canonicalText(a.config) === canonicalText(b.config);
  return after.shared.state.upstream.tools
    .filter((tool) => !known.includes(tool.id) && tools.some((other) => isSame(tool, other)))
    .map(({ id }) => `tool ${shortId(id)} was made beside another one`);
}

function foreignTouched({ foreign }: Rules, { shared }: State): string[] {
  const now = new Set(resourcesOf(shared.state));
  return foreign.filter((text) => !now.has(text)).map((text) => `somebody else's was touched: ${text.slice(0, 120)}`);
}

/** The worker, a drift run and a rollback need the configuration that a row names. */
function notStored({ shared }: State): string[] {
  const { rows, specs } = shared.state;
  const stored = new Set(specs.map(([id]) => id));
  return rows
    .filter(([id, { claim, specHash }]) => !claim && specHash !== undefined && !stored.has(`${id}/${specHash}`))
    .map(([id]) => `the configuration that the row of ${id} names is not stored`);
}

/** A tool that is linked anew is there. */
function linkedToNothing(before: State, after: State): string[] {
  const linkedIn = ({ shared }: State) => (rowOf(shared.state)?.tools.linked ?? []).map(({ toolId }) => toolId);
  const known = [...linkedIn(before), ...after.shared.state.upstream.tools.map(({ id }) => id)];
  return linkedIn(after)
    .filter((id) => !known.includes(id))
    .map((id) => `the row links tool ${shortId(id)}, which is not there`);
}

function namedTwice({ shared }: State): string[] {
  const ids = shared.state.rows.flatMap(([, { assistantId }]) => assistantId ?? []);
  return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${shortId(id)} is named by two rows`);
}

/**
 * Whoever ends gives its claim back, or says that it is unresolved; only a failure of the table can keep it from that.
 */
function claimKept({ mayOutlive, losses }: Rules, before: State, after: State): string[] {
  if (mayOutlive || after.budget.losses < losses) return [];
  const claim = rowOf(after.shared.state)?.claim;
  if (!claim || claim.unresolvedAt !== undefined) return [];
  return after.processes.flatMap(({ position }, index) => {
    const hasEnded = position.ending !== undefined && before.processes[index]?.position.ending === undefined;
    return hasEnded && claim.token.startsWith(`${nameOf(index)}-`)
      ? [`${nameOf(index)} has ended with its claim held`]
      : [];
  });
}

/** Assistants, tools and numbers, each as text. */
export function resourcesOf({ upstream: { assistants, tools, numbers } }: WorldState): string[] {
  return [...assistants, ...tools, ...numbers].map(canonicalText);
}

/**
 * Each assistant of ours is mapped, written down to be removed, or found by the look-up that the row makes others do.
 */
function unaccounted(before: State, after: State): string[] {
  if (before.shared === after.shared && !hasFewerAlive(before, after)) return [];
  const row = rowOf(after.shared.state);
  return ours(after)
    .filter(
      (assistant) => !isAccounted(row, assistant) && !isMakerAlive(after, assistant) && !isNamed(after, assistant),
    )
    .map(({ id }) => `${shortId(id)} is ours, no row names it, and nobody looks for it`);
}

function hasFewerAlive(before: State, after: State): boolean {
  return before.processes.filter(isAlive).length > after.processes.filter(isAlive).length;
}

const ACCOUNTS = { platform: 'platform-key', org: 'own-key' } as const;

function isAccounted(row: AssistantMapping | undefined, { id, vapiOrgId, createdAt }: Assistant): boolean {
  if (!row) return false;
  if (row.assistantId === id || row.retiring.some(({ assistantId }) => assistantId === id)) return true;
  const { claim } = row;
  if (!claim || ACCOUNTS[claim.scope] !== vapiOrgId) return false;
  return Date.parse(createdAt) >= Date.parse(claim.since) - LOOKUP_MARGIN_MS;
}

/** The secret of the organisation names it: the next sync adopts it. */
function isNamed({ shared }: State, { id }: Assistant): boolean {
  return shared.state.secrets.some(([, text]) => text.includes(id));
}

/** Its claim's token begins with the name of the process. */
function isMakerAlive({ processes }: State, { config }: Assistant): boolean {
  const token = isJsonObject(config.metadata) ? String(config.metadata.claimToken) : '';
  return processes.some((process, index) => isAlive(process) && token.startsWith(`${nameOf(index)}-`));
}

export function nameOf(process: number): string {
  return `p${process + 1}`;
}

export function shortId(id: string): string {
  return `#${Number(id.slice(-12))}`;
}

const DONE: Readonly<Record<ProcessJob['kind'], readonly string[]>> = {
  ensure: ['created', 'recreated', 'adopted', 'updated', 'unchanged'],
  rollback: ['created', 'recreated', 'adopted', 'updated', 'unchanged'],
  remove: ['removed', 'absent'],
  import: ['imported', 'mapped-already'],
  work: [],
  reapply: [],
  rollout: ['applied', 'unchanged', 'rolled-back'],
};

/** Refusals and failures that tell the caller what to do, and what a worker says. */
const ALLOWED = [
  'SYNC_IN_PROGRESS',
  'CREATE_UNRESOLVED',
  'VAPI_UNAVAILABLE',
  'STORAGE_UNAVAILABLE',
  'NOT_FOUND',
  'CREDENTIALS_INVALID',
  'ASSISTANT_TAKEN',
  'PINNED',
];
const WORKED = [
  'created',
  'recreated',
  'adopted',
  'updated',
  'unchanged',
  'nothing-applied',
  'superseded',
  'refused',
  'skipped',
  'OUTDATED',
];

function endingsOf({ jobs }: Rules, before: State, after: State): string[] {
  return after.processes.flatMap(({ position }, index) => {
    const { ending } = position;
    const job = jobs[index];
    if (ending === undefined || !job || before.processes[index]?.position.ending !== undefined) return [];
    if (DONE[job.kind].includes(ending)) {
      const isTrue = (after.trueSince & (1 << index)) !== 0;
      return isTrue ? [] : [`${nameOf(index)} answered "${ending}", which was true at no moment of the call`];
    }
    const isAllowed = ALLOWED.includes(ending) || WORKED.includes(ending) || ending.startsWith('LATER_');
    return isAllowed ? [] : [`${nameOf(index)} ended with ${ending}`];
  });
}

/** Which answers are true now, one bit for each process that is in its call. */
export function trueNow({ jobs }: Rules, callers: State, { shared, clock }: State): number {
  const calling = callers.processes.reduce(
    (bits, process, index) => (isAlive(process) ? bits | (1 << index) : bits),
    0,
  );
  return calling & trueIn(jobs, shared, clock);
}

const answers = new WeakMap<Shared, Map<number, number>>();

/** The same for everybody, in a call or not. */
function trueIn(jobs: readonly ProcessJob[], shared: Shared, clock: number): number {
  const known = answers.get(shared) ?? new Map<number, number>();
  answers.set(shared, known);
  const before = known.get(clock);
  if (before !== undefined) return before;
  const bits = jobs.reduce((sum, job, index) => (isTrue(job, shared.state, clock) ? sum | (1 << index) : sum), 0);
  known.set(clock, bits);
  return bits;
}

function isTrue(job: ProcessJob, state: WorldState, clock: number): boolean {
  const { key = KEY } = job;
  const row = rowOf(state, key);
  switch (job.kind) {
    case 'ensure':
    case 'rollback':
      return row !== undefined && hasConfiguration(state, row.assistantId, desired(job.spec, key));
    case 'remove':
      return (
        !row &&
        !state.upstream.assistants.some(
          ({ config, existsFrom }) => existsFrom <= clock && isOurs(config, KEY, DEPLOYMENT),
        )
      );
    case 'import':
      return row?.assistantId === job.assistantId;
    case 'rollout': {
      const version = job.step === 'apply' ? 2 : 1;
      const wanted = desired(VERSIONS[version] ?? '');
      return row?.template?.version === version && hasConfiguration(state, row.assistantId, wanted);
    }
    case 'work':
    case 'reapply':
      return true;
  }
}

/** The row names the assistant, and it is so. */
function hasConfiguration(
  { upstream }: WorldState,
  assistantId: string | undefined,
  wanted: DesiredAssistant,
): boolean {
  const live = upstream.assistants.find(({ id }) => id === assistantId);
  return live !== undefined && isAsWanted(live.config, wanted);
}

const compared = new WeakMap<JsonObject, Map<string, boolean>>();

function isAsWanted(config: JsonObject, wanted: DesiredAssistant): boolean {
  const known = compared.get(config) ?? new Map<string, boolean>();
  compared.set(config, known);
  const before = known.get(wanted.specHash);
  if (before !== undefined) return before;
  const difference = { wanted: wanted.payload, live: config, lastApplied: [], alreadyApplied: true };
  const isSame = diffAssistant(difference).length === 0;
  known.set(wanted.specHash, isSame);
  return isSame;
}

import { announce, type EventBus } from '../../src/domain/changes/announce.ts';
import type { TableWrite } from '../../src/domain/changes/announcement.ts';
import type { Change } from '../../src/domain/changes/change.ts';
import type { ChangeStore } from '../../src/domain/changes/change-store.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import type { AssistantMapping } from '../../src/domain/mapping/assistant-mapping.ts';
import { copyOf } from '../support/copy-of.ts';
import { KEY, OTHER } from './jobs.ts';
import type { World } from './world.ts';

type Row = AssistantMapping | undefined;

/** What a table, a bus and a function can do to whoever tells the changes. */
type Mishap = 'none' | 'throws before' | 'throws after' | 'partial';

/**
 * Tells all writes of a world with everything that goes wrong in between, and compares what the bus and the list of
 * changes have with what the rows show: each change of an assistant once, in order, and nothing else. `seed` decides
 * what goes wrong.
 */
export async function untold(world: World, seed: number): Promise<string[]> {
  const chance = chancesOf(seed);
  const kept = new Map<string, Change>();
  const taken: { id: string; text: string }[] = [];
  await deliver(
    writesOf(world),
    {
      specs: world.specs,
      changes: storeOf(kept, chance),
      bus: busOf(taken, chance),
      journal: { record: () => {} },
    },
    chance,
  );
  const first = [...new Map(taken.toReversed().map((event) => [event.id, event])).values()];
  const told = [...new Set(taken.map(({ id }) => id))].map((id) => first.find((event) => event.id === id)?.text ?? '');
  const changes = told.map((text): Change => JSON.parse(text));
  const differing = taken.filter(({ id, text }) => text !== first.find((event) => event.id === id)?.text);
  return [
    ...[KEY, OTHER].flatMap((key) => mismatches(world, key, changes)),
    ...differing.map(({ id }) => `${id} was told with two contents`),
    ...(kept.size === changes.length ? [] : [`${kept.size} changes kept, ${changes.length} told`]),
    ...changes.filter(({ by }) => by === null).map(({ id }) => `nobody is named for ${id}`),
  ];
}

/** Goes through the states of a row between two claims, and the changes that were told of it, side by side. */
function mismatches({ mappings }: World, { orgId, role }: AssistantKey, all: readonly Change[]): string[] {
  const isOf = (row: AssistantKey | undefined) => row?.orgId === orgId && row.role === role;
  const told = all.filter(isOf);
  const found: string[] = [];
  let settled: Row;
  for (const { before, after } of mappings.writes.filter((write) => isOf(write.after ?? write.before))) {
    if (after?.claim) continue;
    const words = wordsFor(settled, after);
    settled = after;
    const revision = (after ?? before)?.revision;
    if (!words && !isRepair(told[0], revision)) continue;
    const next = told.shift();
    if (words && !(next?.revision === revision && words.includes(next?.action ?? ''))) {
      found.push(`told ${next?.action} in place of ${words} (revision ${revision})`);
    }
  }
  return [...found, ...told.map(({ action, revision }) => `told ${action} of revision ${revision}, which is none`)];
}

/** One that somebody had edited at Vapi was set right: the row shows nothing of it. */
function isRepair(change: Change | undefined, revision: number | undefined): boolean {
  return change?.action === 'updated' && change.revision === revision && change.from === change.to;
}

function wordsFor(was: Row, is: Row): string[] | undefined {
  if (!was?.assistantId) return is?.assistantId ? ['created', 'adopted', 'imported'] : undefined;
  if (!is?.assistantId) return ['removed'];
  if (was.assistantId !== is.assistantId) return ['recreated', 'moved', 'adopted', 'imported'];
  if (was.specHash !== is.specHash) return ['updated', 'adopted'];
  const linked = ({ tools }: AssistantMapping) => tools.linked.map(({ toolId }) => toolId).join();
  const pointed = ({ phoneNumber }: AssistantMapping) =>
    phoneNumber?.status === 'linked' ? phoneNumber.id : undefined;
  const isPointed = pointed(is) !== undefined && pointed(is) !== pointed(was);
  return linked(was) !== linked(is) || isPointed ? ['linked'] : undefined;
}

function writesOf({ mappings }: World): TableWrite[] {
  return mappings.writes.map((write, at) => ({
    ...copyOf(write),
    kind: 'mapping' as const,
    sequence: String(at),
    at: '2026-01-01T00:00:00.000Z',
  }));
}

/**
 * As Lambda reads a stream: a batch that failed comes again from the first failure on, one that threw as a whole, cut
 * otherwise.
 */
async function deliver(
  writes: readonly TableWrite[],
  deps: Parameters<typeof announce>[0],
  chance: (of: number) => number,
): Promise<void> {
  for (let at = 0, round = 0; at < writes.length; round += 1) {
    if (round > 10_000) throw new Error('the stream does not come to its end');
    const batch = writes.slice(at, at + 1 + chance(8));
    const failed = await announce(deps, batch);
    // A function that died after the last event is given the whole batch again.
    if (chance(6) === 0) continue;
    at = failed === undefined ? at + batch.length : Number(failed);
  }
}

function storeOf(kept: Map<string, Change>, chance: (of: number) => number): ChangeStore {
  const none = () => Promise.reject(new Error('not asked'));
  return {
    keep: async (change) => {
      const mishap = mishapOf(chance);
      if (mishap === 'throws before') throw new Error('away');
      const known = kept.get(change.id) ?? copyOf(change);
      kept.set(change.id, known);
      if (mishap === 'throws after') throw new Error('away');
      return copyOf(known);
    },
    ofOrganisation: none,
    since: none,
  };
}

function busOf(taken: { id: string; text: string }[], chance: (of: number) => number): EventBus {
  return {
    put: async (events) => {
      const mishap = mishapOf(chance);
      if (mishap === 'throws before') throw new Error('away');
      const refused = mishap === 'partial' ? events.map((_, at) => at).filter(() => chance(2) === 0) : [];
      for (const [at, { detail }] of events.entries()) {
        if (!refused.includes(at)) taken.push({ id: detail.id, text: JSON.stringify(detail) });
      }
      if (mishap === 'throws after') throw new Error('away');
      return refused;
    },
  };
}

const MISHAPS: readonly Mishap[] = ['none', 'none', 'none', 'throws before', 'throws after', 'partial'];

function mishapOf(chance: (of: number) => number): Mishap {
  return MISHAPS[chance(MISHAPS.length)] ?? 'none';
}

/** Numbers below `of`, the same for the same seed (a linear congruential generator). */
function chancesOf(seed: number): (of: number) => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return (of) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * of);
  };
}

import type { CurrentRun } from '../../src/domain/long-work/run.ts';
import type { Rollout, RolloutStore, TargetStore, TargetUnit } from '../../src/domain/rollouts/rollout.ts';
import { copyOf } from './copy-of.ts';

/** Rollouts in memory. They pass the same contract as those in DynamoDB; what goes in and out is copied. */
export class MemoryRolloutStore implements RolloutStore {
  readonly kept = new Map<string, Rollout>();
  readonly #newest = new Map<string, CurrentRun>();

  async newest(template: string): Promise<CurrentRun | undefined> {
    return copyOf(this.#newest.get(template));
  }

  async *newestOfAll(): AsyncIterable<string> {
    for (const { runId } of [...this.#newest.values()]) yield runId;
  }

  async makeNewest(template: string, rollout: CurrentRun, replaces: CurrentRun | undefined): Promise<boolean> {
    const known = this.#newest.get(template);
    if (known?.runId !== replaces?.runId || known?.at !== replaces?.at) return false;
    this.#newest.set(template, copyOf(rollout));
    return true;
  }

  async create(rollout: Rollout): Promise<void> {
    if (!this.kept.has(rollout.rolloutId)) this.kept.set(rollout.rolloutId, copyOf(rollout));
  }

  async read(rolloutId: string): Promise<Rollout | undefined> {
    return copyOf(this.kept.get(rolloutId));
  }

  async write(from: Rollout, change: Partial<Rollout>): Promise<Rollout | undefined> {
    if (this.kept.get(from.rolloutId)?.change !== from.change) return undefined;
    const next = copyOf({ ...from, ...change, change: from.change + 1 });
    this.kept.set(from.rolloutId, next);
    return copyOf(next);
  }

  async list({ limit, after }: Parameters<RolloutStore['list']>[0]): ReturnType<RolloutStore['list']> {
    const ids = [...this.kept.keys()].toSorted().toReversed();
    const left = ids.filter((id) => after === undefined || id < after);
    const items = left.slice(0, limit).flatMap((id) => this.kept.get(id) ?? []);
    return copyOf({ items, next: left.length > limit ? items.at(-1)?.rolloutId : undefined });
  }
}

/** The targets of rollouts in memory. */
export class MemoryTargetStore implements TargetStore {
  readonly kept = new Map<string, TargetUnit>();

  async add(unit: TargetUnit): Promise<void> {
    const id = idOf(unit.rolloutId, unit.number);
    if (!this.kept.has(id)) this.kept.set(id, copyOf(unit));
  }

  async read(rolloutId: string, number: number): Promise<TargetUnit | undefined> {
    return copyOf(this.kept.get(idOf(rolloutId, number)));
  }

  async write(from: TargetUnit, change: Parameters<TargetStore['write']>[1]): Promise<TargetUnit | undefined> {
    const id = idOf(from.rolloutId, from.number);
    if (this.kept.get(id)?.version !== from.version) return undefined;
    const next = copyOf({ ...from, ...change, version: from.version + 1 });
    this.kept.set(id, next);
    return copyOf(next);
  }

  async *all(rolloutId: string): AsyncIterable<TargetUnit> {
    const units = [...this.kept.values()].filter((unit) => unit.rolloutId === rolloutId);
    for (const unit of units.toSorted((a, b) => a.number - b.number)) yield copyOf(unit);
  }
}

function idOf(rolloutId: string, number: number): string {
  return `${rolloutId}/${number}`;
}

import type { JsonObject } from '../stack/json.ts';

/** A resource as it was declared, without the server-side defaults. Times in milliseconds. */
export type Stored = {
  id: string;
  orgId: string;
  createdAt: number;
  updatedAt: number;
  fields: JsonObject;
  /** The versions that writes have published, oldest first; only for assistants. */
  versions?: Version[] | undefined;
};

/** A version of an assistant: `v1` has the number 1. */
export type Version = {
  number: number;
  createdAt: number;
  fields: JsonObject;
  versionName?: string | undefined;
  versionDescription?: string | undefined;
};

/** Bounds on times in milliseconds, each inclusive, and the most rows to return. */
export type Window = {
  createdFrom: number;
  createdTo: number;
  updatedFrom: number;
  updatedTo: number;
  limit: number;
};

/** Resources of one kind in one account: by id in constant time, by creation time without a scan. */
export class Collection {
  readonly #byId = new Map<string, Stored>();
  /** Oldest first; equal times in the order of their arrival. */
  readonly #byAge: Stored[] = [];

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Stored | undefined {
    return this.#byId.get(id);
  }

  /** Every resource, oldest first. */
  all(): readonly Stored[] {
    return this.#byAge;
  }

  add(stored: Stored): void {
    if (this.#byId.has(stored.id)) throw new Error(`There is a resource with id ${stored.id} already`);
    this.#byId.set(stored.id, stored);
    this.#byAge.splice(this.#firstAfter(stored.createdAt), 0, stored);
  }

  remove(id: string): void {
    const stored = this.#byId.get(id);
    if (!stored) return;
    this.#byId.delete(id);
    this.#byAge.splice(this.#byAge.lastIndexOf(stored, this.#firstAfter(stored.createdAt) - 1), 1);
  }

  /** Resources in the window for which `isVisible`, newest first. */
  list(window: Window, isVisible: (stored: Stored) => boolean): Stored[] {
    const found: Stored[] = [];
    for (let index = this.#firstAfter(window.createdTo) - 1; index >= 0 && found.length < window.limit; index--) {
      const stored = this.#byAge[index];
      if (!stored || stored.createdAt < window.createdFrom) break;
      const isUpdatedInside = stored.updatedAt >= window.updatedFrom && stored.updatedAt <= window.updatedTo;
      if (isUpdatedInside && isVisible(stored)) found.push(stored);
    }
    return found;
  }

  /** Index of the first resource created after a time. */
  #firstAfter(time: number): number {
    let low = 0;
    let high = this.#byAge.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#byAge[middle]?.createdAt ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

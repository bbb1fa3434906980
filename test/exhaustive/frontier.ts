/** What is still to be visited: the latest first, or the cheapest first. */
export class Frontier<Item> {
  readonly #order: 'depth' | 'shortest';
  readonly #stack: Item[] = [];
  readonly #buckets = new Map<number, Item[]>();
  #costs: number[] = [];

  constructor(order: 'depth' | 'shortest') {
    this.#order = order;
  }

  put(item: Item, cost: number): void {
    if (this.#order === 'depth') {
      this.#stack.push(item);
      return;
    }
    const bucket = this.#buckets.get(cost);
    if (bucket) bucket.push(item);
    else {
      this.#buckets.set(cost, [item]);
      this.#costs = [...this.#costs, cost].toSorted((a, b) => b - a);
    }
  }

  take(): Item | undefined {
    if (this.#order === 'depth') return this.#stack.pop();
    const cost = this.#costs.at(-1);
    if (cost === undefined) return undefined;
    const bucket = this.#buckets.get(cost) ?? [];
    const item = bucket.pop();
    if (bucket.length === 0) {
      this.#buckets.delete(cost);
      this.#costs.pop();
    }
    return item;
  }
}

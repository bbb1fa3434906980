/** Gives each different text a number, so that what is long is compared once. */
export class Interner {
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const before = this.#numbers.get(text);
    if (before !== undefined) return before;
    this.#numbers.set(text, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

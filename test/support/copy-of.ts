/** What `copyOf` has made. */
const copies = new WeakSet<object>();

/**
 * A deep copy of plain data that nobody can change, for stores in memory: what goes in and what comes out is one
 * object, and whoever changes it is told. Fields without a value are left out, as a table leaves them out. Throws for
 * anything that a table could not hold either.
 */
export function copyOf<T>(value: T): T;
export function copyOf(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new Error(`No data: ${String(value)}`);
  if (typeof value !== 'object' || value === null || copies.has(value)) return value;
  const copy = Object.freeze(Array.isArray(value) ? value.map((entry) => copyOf<unknown>(entry)) : copyOfObject(value));
  copies.add(copy);
  return copy;
}

function copyOfObject(value: object): object {
  const prototype: unknown = Object.getPrototypeOf(value);
  // `Object.prototype` of any realm is the one object that has none itself.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain) throw new Error(`No plain object: ${value.constructor.name}`);
  const copy: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(value)) {
    if (entry === undefined) continue;
    // A setter of every object otherwise.
    if (name === '__proto__') Object.defineProperty(copy, name, { value: copyOf<unknown>(entry), enumerable: true });
    else copy[name] = copyOf<unknown>(entry);
  }
  return copy;
}

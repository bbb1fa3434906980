const known = new WeakMap<object, string>();

/**
 * Plain data as text, the same for the same content, whatever the order of its fields. Objects are remembered: they
 * must never be changed afterwards.
 */
export function canonicalText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const before = known.get(value);
  if (before !== undefined) return before;
  const text = Array.isArray(value) ? `[${value.map(canonicalText).join()}]` : textOfFields(value);
  known.set(value, text);
  return text;
}

function textOfFields(value: object): string {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  const texts = fields.map(([name, field]) => `${JSON.stringify(name)}:${canonicalText(field)}`);
  return `{${texts.toSorted().join()}}`;
}

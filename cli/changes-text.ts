import type { components } from '../client/index.ts';
import type { Output } from './output.ts';

type FieldChange = components['schemas']['FieldChange'];

/** The longest text of one value, in characters. */
const LONGEST = 300;

/** Shows fields that differ: the present and the requested value. */
export function showChanges(out: Output, changes: readonly FieldChange[], indent = '  '): void {
  for (const { path, wanted, live } of changes) {
    out.line(`${indent}${path}`);
    if (live !== undefined) out.line(out.styled('red', `${indent}  - ${textOf(live)}`));
    if (wanted !== null) out.line(out.styled('green', `${indent}  + ${textOf(wanted)}`));
  }
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

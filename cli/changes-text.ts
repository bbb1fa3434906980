import type { components } from '../client/index.ts';
import { inLine, type Output } from './output.ts';

type FieldChange = components['schemas']['FieldChange'];

/** The longest text of one value, in characters. */
const LONGEST = 300;

/** Shows fields that differ: the present and the requested value. */
export function showChanges(out: Output, changes: readonly FieldChange[], indent = '  '): void {
  for (const { path, wanted, live } of changes) {
    out.line(`${indent}${inLine(path)}`);
    if (live !== undefined) out.line(out.styled('red', `${indent}  - ${textOf(live, indent)}`));
    if (wanted !== null) out.line(out.styled('green', `${indent}  + ${textOf(wanted, indent)}`));
  }
}

/** Further lines stand below the first one: none can be taken for a line of the plan. */
function textOf(value: unknown, indent: string): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return short.replaceAll('\n', `\n${indent}    `);
}

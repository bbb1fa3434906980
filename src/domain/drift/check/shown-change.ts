import type { FieldChange } from '../../configuration/diff.ts';
import { maskChange } from '../../configuration/masking.ts';
import { type Json, shortPointer } from '../../json.ts';

/** Why a field differs: somebody changed it at Vapi, or an update of ours never took effect there. */
export type Origin = 'edited-at-vapi' | 'never-applied';

/** A field that differs, short enough to be stored and read. `live` is absent when the field is not there at Vapi. */
export interface ShownChange {
  path: string;
  wanted: string;
  live?: string;
  origin: Origin;
}

/** The most characters of a value that are shown, and how many of these stand before the first difference. */
const SHOWN = 120;
const LEAD = 30;

/** Shortens both values to the part where they begin to differ, and masks what may be a secret. */
export function showChange(change: FieldChange, origin: Origin): ShownChange {
  const { wanted, live, ...masked } = maskChange(change);
  const path = shortPointer(masked.path);
  const left = textOf(wanted);
  if (live === undefined) return { path, wanted: excerpt(left, 0), origin };
  const right = textOf(live);
  const start = Math.max(0, firstDifference(left, right) - LEAD);
  return { path, wanted: excerpt(left, start), live: excerpt(right, start), origin };
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function firstDifference(a: string, b: string): number {
  let index = 0;
  while (index < a.length && a[index] === b[index]) index += 1;
  return index;
}

function excerpt(text: string, start: number): string {
  const from = text.length <= SHOWN ? 0 : Math.min(start, text.length - SHOWN);
  // A cut may split a surrogate pair, and DynamoDB takes valid Unicode only.
  const part = text.slice(from, from + SHOWN).toWellFormed();
  return `${from > 0 ? '…' : ''}${part}${from + part.length < text.length ? `… (${text.length} characters)` : ''}`;
}

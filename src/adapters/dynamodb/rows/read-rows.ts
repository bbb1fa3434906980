import { unreadableRow } from '../../../domain/problem.ts';
import { type Item, rowName } from './table-keys.ts';

/** Reads a row. Throws an `INTERNAL` problem that names the row and quotes nothing of it. */
export function readRow<Row>(item: Item, parse: (item: Item) => Row): Row {
  try {
    return parse(item);
  } catch {
    throw unreadableRow(rowName(item));
  }
}

/** Reads rows, and returns those that cannot be read apart: one of them hides none of the others. */
export function readRows<Row>(items: readonly Item[], parse: (item: Item) => Row): { rows: Row[]; unreadable: Item[] } {
  const rows: Row[] = [];
  const unreadable: Item[] = [];
  for (const item of items) {
    try {
      rows.push(parse(item));
    } catch {
      unreadable.push(item);
    }
  }
  return { rows, unreadable };
}

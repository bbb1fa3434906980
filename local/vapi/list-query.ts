import type { Window } from './collection.ts';

type Bound = { edge: keyof Omit<Window, 'limit'>; shiftMs: number };

/** Times are whole milliseconds, so an exclusive bound is the inclusive one a millisecond further in. */
const BOUNDS: Record<string, Bound> = {
  createdAtGt: { edge: 'createdFrom', shiftMs: 1 },
  createdAtGe: { edge: 'createdFrom', shiftMs: 0 },
  createdAtLt: { edge: 'createdTo', shiftMs: -1 },
  createdAtLe: { edge: 'createdTo', shiftMs: 0 },
  updatedAtGt: { edge: 'updatedFrom', shiftMs: 1 },
  updatedAtGe: { edge: 'updatedFrom', shiftMs: 0 },
  updatedAtLt: { edge: 'updatedTo', shiftMs: -1 },
  updatedAtLe: { edge: 'updatedTo', shiftMs: 0 },
};

const MAX_LIMIT = 1000;
const DEFAULT_LIMIT = 100;

/** The window that a list query asks for, or what is wrong with the query. */
export function parseListQuery(query: Record<string, string>): { window: Window; errors: string[] } {
  const window: Window = {
    createdFrom: Number.NEGATIVE_INFINITY,
    createdTo: Number.POSITIVE_INFINITY,
    updatedFrom: Number.NEGATIVE_INFINITY,
    updatedTo: Number.POSITIVE_INFINITY,
    limit: DEFAULT_LIMIT,
  };
  const errors = Object.entries(query).flatMap(([name, value]) =>
    name === 'limit' ? applyLimit(window, value) : applyBound(window, name, value),
  );
  return { window, errors };
}

function applyLimit(window: Window, value: string): string[] {
  const limit = value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isInteger(limit)) return ['limit must be a number conforming to the specified constraints'];
  if (limit < 0) return ['limit must not be less than 0'];
  if (limit > MAX_LIMIT) return [`limit must not be greater than ${MAX_LIMIT}`];
  window.limit = limit;
  return [];
}

function applyBound(window: Window, name: string, value: string): string[] {
  const bound = Object.hasOwn(BOUNDS, name) ? BOUNDS[name] : undefined;
  if (!bound) return [`property ${name} should not exist`];
  const time = Date.parse(value);
  if (Number.isNaN(time)) return [`${name} must be a valid ISO 8601 date string`];
  const { edge, shiftMs } = bound;
  const narrow = edge.endsWith('From') ? Math.max : Math.min;
  window[edge] = narrow(window[edge], time + shiftMs);
  return [];
}

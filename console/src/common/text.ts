const DATE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const DAY = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });
const NUMBER = new Intl.NumberFormat('en-GB');
const AGO = new Intl.RelativeTimeFormat('en-GB', { numeric: 'auto' });

const UNITS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** A date and a time of day. */
export function dateOf(time: string): string {
  return DATE.format(new Date(time));
}

/** A day. */
export function dayOf(time: string): string {
  return DAY.format(new Date(time));
}

/** With separators. */
export function numberOf(value: number): string {
  return NUMBER.format(value);
}

/** `1 assistant`, `2 assistants`. */
export function countOf(value: number, noun: string): string {
  return `${numberOf(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `5 minutes ago`, `in 12 days`. */
export function distanceOf(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const [unit, size] = UNITS.find(([, least]) => Math.abs(seconds) >= least) ?? ['second', 1];
  return AGO.format(Math.round(seconds / size), unit);
}

/** The first letters of a hash. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** `in-sync` as `In sync`. */
export function wordsOf(code: string): string {
  const text = code.replaceAll('-', ' ');
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}

import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CACHES } from './checkout.ts';

/** A text, and a hash of all that it was made of. */
const keptSchema = z.object({ madeOf: z.string(), text: z.string() });

/** The text that was kept under a name; undefined when it was made of something else, or there is none. */
export function readKept(name: string, madeOf: string): string | undefined {
  try {
    const kept = keptSchema.parse(JSON.parse(readFileSync(pathOf(name), 'utf8')));
    return kept.madeOf === madeOf ? kept.text : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps what takes long to make, for the other files of tests and for the next run. Whole or not at all, as another
 * process may be reading it.
 */
export function keep(name: string, madeOf: string, text: string): void {
  const path = pathOf(name);
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ madeOf, text }));
  renameSync(draft, path);
}

const pathOf = (name: string) => join(CACHES, `${name}.json`);

import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { hasCode } from './error-code.ts';

const entry = z.object({ generation: z.number(), pid: z.number(), port: z.number(), token: z.string() });

/** Who holds the lock: a process, and the port on which it answers for as long as it does. Port 0: nobody any more. */
export type LockEntry = z.output<typeof entry>;

/** What a process says about itself: where it answers, and its id unless that is this process. */
export type Holder = { port: number; pid?: number };

const NAME = /^lock\.(\d+)$/;

/**
 * The newest entry, undefined when there never was one.
 *
 * Every holder makes a file of the next generation, and none of a generation that there was before. So of all processes
 * that find the same holder dead exactly one succeeds it, and one that comes too late can never remove a living
 * holder's file, which is what goes wrong when a single stale lock file is deleted and made again.
 */
export function readLock(directory: string): LockEntry | undefined {
  for (;;) {
    const newest = Math.max(0, ...generations(directory));
    if (newest === 0) return undefined;
    const text = readIfThere(join(directory, `lock.${newest}`));
    // Gone since the listing: a newer one has been made.
    if (text !== undefined) return entry.parse(JSON.parse(text));
  }
}

/** Tries to succeed the generation `after`; undefined when another process was faster. */
export function takeLock(directory: string, after: number, holder: Holder): LockEntry | undefined {
  const own = { generation: after + 1, pid: process.pid, ...holder, token: randomUUID() };
  if (!link(directory, own)) return undefined;
  const others = generations(directory).filter((generation) => generation !== own.generation);
  // The name can be free because later holders have come and gone since `after` was read.
  const isLate = others.some((generation) => generation > own.generation);
  const outdated = isLate ? [own.generation] : others;
  for (const generation of outdated) rmSync(join(directory, `lock.${generation}`), { force: true });
  return isLate ? undefined : own;
}

/** Gives the lock up at once. Without this, it ends when the port no longer answers. */
export function freeLock(directory: string, own: LockEntry): void {
  // The file stays, so that the generation is never used again; the free one is a generation of its own.
  const free = { ...own, generation: own.generation + 1, port: 0 };
  if (link(directory, free)) rmSync(join(directory, `lock.${own.generation}`), { force: true });
}

/** Makes the file of a generation with its whole content, or returns false when there is one. */
function link(directory: string, content: LockEntry): boolean {
  mkdirSync(directory, { recursive: true });
  const draft = join(directory, `draft.${content.token}`);
  writeFileSync(draft, JSON.stringify(content));
  try {
    linkSync(draft, join(directory, `lock.${content.generation}`));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function generations(directory: string): number[] {
  try {
    const numbers = readdirSync(directory).map((name) => Number(NAME.exec(name)?.[1]));
    return numbers.filter((number) => !Number.isNaN(number));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

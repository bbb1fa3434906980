import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../stack/process-life.ts';

const BUILDS = join('.local', 'build');

/**
 * Where this process bundles the handlers to, relative to the checkout. Each has a directory of its own: with a common
 * one, a command could load a bundle that another one is writing at that moment.
 */
export function buildDirectory(): string {
  return join(BUILDS, String(process.pid));
}

/** Removes the bundles of this process. */
export function removeOwnBuild(checkout: string): void {
  rmSync(join(checkout, buildDirectory()), { recursive: true, force: true });
}

/** Removes the bundles of processes that were killed before they could do so. */
export function removeAbandonedBuilds(checkout: string): void {
  for (const pid of namesIn(join(checkout, BUILDS)).filter((name) => !isAlive(Number(name)))) {
    rmSync(join(checkout, BUILDS, pid), { recursive: true, force: true });
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

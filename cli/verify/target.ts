import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { chosenVapi } from '../../local/stack/local-environment.ts';
import { IS_CHECKOUT } from '../checkout.ts';

/** What was verified, and by which version of this project. */
export interface VerifiedTarget {
  /** `stage dev`, an address, or the embedded stack. */
  what: string;
  version: string;
  /** Absent outside of a Git checkout. */
  commit?: string;
}

/** The checkout; of the package `dist`. */
const ROOT = join(import.meta.dirname, '../..');
const packageSchema = z.object({ version: z.string() });

/** Names the target of a verification. */
export function describeTarget({
  stage,
  url,
}: {
  stage?: string | undefined;
  url?: string | undefined;
}): VerifiedTarget {
  const { version } = packageSchema.parse(
    JSON.parse(readFileSync(join(ROOT, IS_CHECKOUT ? '.' : '..', 'package.json'), 'utf8')),
  );
  // The package may lie in a checkout of something else.
  const commit = IS_CHECKOUT ? commitOf(ROOT) : undefined;
  const what = stage ? `stage ${stage}` : (url ?? embeddedStack());
  return { what, version, ...(commit ? { commit } : {}) };
}

function embeddedStack(): string {
  const vapi = chosenVapi(process.env);
  return vapi ? `this checkout on an embedded stack, with ${vapi.baseUrl}` : 'this checkout on the embedded stack';
}

function commitOf(directory: string): string | undefined {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: directory,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

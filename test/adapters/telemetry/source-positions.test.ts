import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleText } from '../../../scripts/bench/bundle.ts';
import { toLoggedError, withSourcePositions } from '../../../src/adapters/telemetry/source-positions.ts';

const THROWING = `import { toLoggedError } from './src/adapters/telemetry/source-positions.ts';
function farDown(): never {
  throw new TypeError('gone wrong');
}
try {
  farDown();
} catch (thrown) {
  console.log(toLoggedError(thrown).stack);
}
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vapi-sync-positions-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function stackOfBundle({ withMap }: { withMap: boolean }): Promise<string> {
  const file = join(directory, 'bundle.cjs');
  await bundleText(THROWING, file);
  if (!withMap) rmSync(`${file}.map`);
  return execFileSync(process.execPath, [file], { encoding: 'utf8' });
}

it('names the lines of the source, as deployed', async () => {
  const [message, first, second] = (await stackOfBundle({ withMap: true })).split('\n');
  expect(message).toBe('TypeError: gone wrong');
  expect(first).toMatch(/<stdin>:3:9\)$/);
  expect(second).toMatch(/<stdin>:6:3\)$/);
});

it('leaves the positions of the bundle where there is no map', async () => {
  expect(await stackOfBundle({ withMap: false })).toMatch(/bundle\.cjs:1:\d+\)\n/);
});

it('leaves alone what is no position in a file', () => {
  const stack = 'Error: at /v1/things:1\n    at node:internal/main:1:2\n    at async Promise.all (index 0)';
  expect(withSourcePositions(stack)).toBe(stack);
});

it('makes an error of anything else that was thrown, without its content', () => {
  expect(toLoggedError('a secret')).toMatchObject({ message: 'something that is not an Error was thrown' });
});

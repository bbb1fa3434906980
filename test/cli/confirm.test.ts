import { PassThrough } from 'node:stream';
import { confirm } from '../../cli/arguments.ts';

/** What comes of a question when these keys are pressed; undefined: it goes on. */
async function pressed(
  keys: string,
  { isTTY = true } = {},
): Promise<{ message: string; exitCode: number } | undefined> {
  const stdin = Object.assign(new PassThrough(), { isTTY, setRawMode: () => undefined });
  const stderr = Object.assign(new PassThrough(), { isTTY });
  stderr.resume();
  const asking = confirm('It is removed.', undefined, { stdin, stderr });
  stdin.write(keys);
  return await asking.then(
    () => undefined,
    ({ message, exitCode }) => ({ message, exitCode }),
  );
}

it.each([
  ['y\n', undefined],
  ['Yes\n', undefined],
  ['n\n', { message: 'Nothing was done.', exitCode: 1 }],
  ['\n', { message: 'Nothing was done.', exitCode: 1 }],
  ['\u0003', { message: '\nNothing was done.', exitCode: 130 }],
  ['\u0004', { message: '\nNothing was done.', exitCode: 130 }],
])('the keys %j', async (keys, end) => {
  expect(await pressed(keys)).toEqual(end);
});

it('without a terminal, --yes has to be said', async () => {
  const message = 'It is removed. Say --yes, as there is no terminal to ask on.';
  expect(await pressed('y\n', { isTTY: false })).toEqual({ message, exitCode: 64 });
  expect(await confirm('It is removed.', true)).toBeUndefined();
});

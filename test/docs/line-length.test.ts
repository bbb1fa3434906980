import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../support/checkout.ts';

const LONGEST = 120;

/** Made by programs. */
const GENERATED = ['docs/cli.md', 'docs/counterexamples.md', 'client/schema.ts'];

function filesOf(pattern: string): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', pattern], {
    cwd: CHECKOUT,
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '' && !GENERATED.includes(file));
}

function linesOf(file: string): string[] {
  return readFileSync(join(CHECKOUT, file), 'utf8').split('\n');
}

/** Lines of prose: no tables, no code, nothing without a blank to break at. */
function proseIn(file: string): { line: string; at: string }[] {
  let isCode = false;
  return linesOf(file).flatMap((line, index) => {
    if (/^\s*```/.test(line)) isCode = !isCode;
    const isProse = !isCode && !/^\s*\||^\s*`[^`]*`.?$/.test(line);
    return isProse ? [{ line, at: `${file}:${index + 1}` }] : [];
  });
}

function commentsIn(file: string): { line: string; at: string }[] {
  return linesOf(file).flatMap((line, index) =>
    /^\s*(\/\*\*|\*|\/\/) /.test(line) ? [{ line, at: `${file}:${index + 1}` }] : [],
  );
}

it.each([
  ['documents', '*.md', proseIn],
  ['comments', '*.ts', commentsIn],
  ['comments of the console', '*.tsx', commentsIn],
] as const)('lines of %s end at column 120', (_what, pattern, read) => {
  const long = filesOf(pattern).flatMap((file) => read(file).filter(({ line }) => line.length > LONGEST));
  expect(long.map(({ at }) => at)).toEqual([]);
});

import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { CHECKOUT } from '../support/checkout.ts';

const BUILD_MS = 120_000;

let installed: string;
beforeAll(() => {
  installed = join(temporaryDirectory(), 'vapi-sync');
  mkdirSync(join(installed, 'cli'), { recursive: true });
  for (const file of ['package.json', 'cli/bin.js']) copyFileSync(join(CHECKOUT, file), join(installed, file));
  symlinkSync(join(CHECKOUT, 'node_modules'), join(installed, 'node_modules'));
  const tsc = join(CHECKOUT, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.package.json', '--outDir', join(installed, 'dist')], {
    cwd: CHECKOUT,
  });
  writeFileSync(join(installed, 'list.csv'), 'orgId,role,assistantId\n');
}, BUILD_MS);

it.each([
  ['list', /^The embedded stack is part of a checkout of vapi-sync\. Here, name --stage or --url\.$/],
  ['console', /^The embedded stack is part of a checkout/],
  ['verify', /^The embedded stack is part of a checkout of vapi-sync\. Here, name --url\.$/],
  ['verify --stage dev', /^verify --stage is part of a checkout of vapi-sync\. Here, name --url\.$/],
  ['verify --url http://127.0.0.1:1', /^There is no report: http:\/\/127\.0\.0\.1:1\/verify could not be reached/],
  ['import list.csv', /^The embedded stack is part of a checkout of vapi-sync\. Here, name --table\.$/],
  ['import list.csv --stage dev', /^import --stage is part of a checkout of vapi-sync\. Here, name --table\.$/],
  ['managed', /^managed is part of a checkout of vapi-sync\.$/],
])('from the package, `%s` does what it can, or says that it is for a checkout', (command, sentence) => {
  const { stderr, status } = spawnSync(process.execPath, ['cli/bin.js', ...command.split(' ')], {
    cwd: installed,
    encoding: 'utf8',
  });
  expect(stderr.trimEnd()).toMatch(sentence);
  expect(status).toBeGreaterThan(0);
});

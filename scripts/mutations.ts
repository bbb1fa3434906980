/**
 * Shows that the fault tests can fail: breaks the protocol in a copy of the checkout, one rule at a time, and expects
 * `npm run test:faults` to go red. Run it with `npm run test:mutations`; `RUNS=…` sets the random runs of each.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Mutation {
  name: string;
  file: string;
  from: string;
  to: string;
}

const MUTATIONS: Mutation[] = [
  {
    name: 'POST retried once',
    file: 'src/domain/carry-out.ts',
    from: 'act: () => account.create(payload)',
    to: "act: async () => { const first = await account.create(payload); return first.kind === 'unknown' ? await account.create(payload) : first; }",
  },
  {
    name: 'look-up before re-create removed',
    file: 'src/domain/look-up-strays.ts',
    from: 'if (!claim) return [];',
    to: 'if (!claim || claim.unresolvedAt) return [];',
  },
  {
    name: 'claim condition removed',
    file: 'src/adapters/mapping-conditions.ts',
    from: 'const { from, guard } = TRANSITIONS[write.transition];',
    to: "const { from, guard } = TRANSITIONS[write.transition]; if (guard === 'as-read') return { expression: 'attribute_not_exists(nothing)', names: {}, values: {} };",
  },
  {
    name: 'finalise without the token',
    file: 'src/adapters/mapping-conditions.ts',
    from: 'const { from, guard } = TRANSITIONS[write.transition];',
    to: "const { from, guard } = TRANSITIONS[write.transition]; if (guard === 'own-token') return { expression: 'attribute_exists(pk)', names: {}, values: {} };",
  },
  {
    name: 'expired claim taken over without look-up',
    file: 'src/domain/look-up-strays.ts',
    from: 'if (!claim) return [];',
    to: 'if (!claim?.unresolvedAt) return [];',
  },
  {
    name: 'create not waited for to settle',
    file: 'src/domain/decide.ts',
    from: 'if (!mayHaveCreated(claim) || now >= settlesAt(claim)) return false;',
    to: 'if (mayHaveCreated(claim) || now >= settlesAt(claim)) return false;',
  },
  {
    name: 'claim given back after an unknown outcome',
    file: 'src/domain/unresolved-create.ts',
    from: "transition: 'leave-unresolved', change: { claim }",
    to: "transition: 'abandon', change: {}",
  },
  {
    name: 'attempted configurations forgotten',
    file: 'src/domain/hold-claim.ts',
    from: 'const attempted = withAttempt(mapping?.attempted ?? [], { specHash, claim });',
    to: 'const attempted = mapping?.attempted ?? [];',
  },
];

const COPIED = ['src', 'test', 'local', 'package.json', 'jest.config.js', 'tsconfig.json', 'serverless.yml'];
const checkout = join(import.meta.dirname, '..');

/** True when the fault tests fail on a copy of the checkout with this mutation. */
function isKilled({ file, from, to, name }: Mutation): boolean {
  const copy = mkdtempSync(join(tmpdir(), 'vapi-sync-mutation-'));
  try {
    for (const part of COPIED) cpSync(join(checkout, part), join(copy, part), { recursive: true });
    symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'));
    const path = join(copy, file);
    const source = readFileSync(path, 'utf8');
    if (!source.includes(from)) throw new Error(`the mutation "${name}" does not fit ${file} any more`);
    writeFileSync(path, source.replace(from, to));
    const jest = [
      '--experimental-vm-modules',
      '--no-warnings',
      'node_modules/jest/bin/jest.js',
      'test/faults',
      '--bail',
    ];
    return spawnSync(process.execPath, jest, { cwd: copy, stdio: 'ignore', env: process.env }).status !== 0;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

let survivors = 0;
for (const mutation of MUTATIONS) {
  const started = Date.now();
  const killed = isKilled(mutation);
  if (!killed) survivors += 1;
  const seconds = ((Date.now() - started) / 1000).toFixed(0).padStart(4);
  console.log(`${killed ? 'killed  ' : 'SURVIVED'} ${seconds} s  ${mutation.name}`);
}
process.exitCode = survivors === 0 ? 0 : 1;

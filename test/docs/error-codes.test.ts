import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEMS } from '../../src/domain/problem.ts';
import { CHECKOUT } from '../support/checkout.ts';

it('docs/runbook.md has every error code, with its status', () => {
  const runbook = readFileSync(join(CHECKOUT, 'docs/runbook.md'), 'utf8');
  const told = [...runbook.matchAll(/^\| `([A-Z_]+)` (\d{3}) +\|/gm)].map(([, code, status]) => `${code} ${status}`);
  expect(told.toSorted()).toEqual(
    Object.entries(PROBLEMS)
      .map(([code, { status }]) => `${code} ${status}`)
      .toSorted(),
  );
});

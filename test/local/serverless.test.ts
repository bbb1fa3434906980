import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, type Outcome, sls } from '../support/checkout.ts';

const assistantIn = (outcome: Outcome) => /"assistantId": "([0-9a-f-]{36})"/.exec(outcome.output)?.[1];

it('two commands at once share one stack without any AWS account, and leave nothing running', async () => {
  const directory = checkout();
  const sync = 'invoke local -f sync -p events/sync.json';
  const [first, second] = await Promise.all([sls(directory, sync), sls(directory, sync)]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(assistantIn(first)).toBeDefined();
  expect(assistantIn(second)).toBe(assistantIn(first));
  expect(readdirSync(join(directory, '.local'))).not.toContain('stack.json');
  expect(readdirSync(join(directory, '.local', 'build'))).toEqual([]);
}, 120_000);

import { expect, expectAll } from '../expectations.ts';
import {
  configurationFor,
  expectNoOther,
  live,
  mapped,
  platformAccount,
  type Scenario,
  type Stage,
  type Synced,
  sync,
} from '../stage.ts';

const AT_ONCE = 10;

/** The same PUT again, and ten of them at once, give one id, one assistant at Vapi and one mapping. */
export const idempotency: Scenario = {
  name: 'idempotency',
  purposes: ['twice', 'at-once'],
  show: async (stage) => {
    await expectAll([showTwice(stage), showAtOnce(stage)]);
    return `Twice in a row and ${AT_ONCE} times at once: one id, one assistant at Vapi, one mapping each`;
  },
};

async function showTwice(stage: Stage): Promise<void> {
  const first = await sync(stage, 'twice', configurationFor(stage));
  const second = await sync(stage, 'twice', configurationFor(stage));
  stage.details.twice = {
    assistantIds: [first.assistantId, second.assistantId],
    outcomes: outcomesOf([first, second]),
    live: second.live,
  };
  expect(
    first.assistantId === second.assistantId,
    `The same PUT twice gave two assistants: ${first.assistantId}, then ${second.assistantId}`,
  );
  expect(second.outcome === 'unchanged', `The second of two equal PUTs was "${second.outcome}" instead of "unchanged"`);
  expect(second.revision === first.revision, 'The second of two equal PUTs wrote to the table');
  await expectExactlyOne(stage, 'twice', first.assistantId);
}

async function showAtOnce(stage: Stage): Promise<void> {
  const calls = Array.from({ length: AT_ONCE }, () => sync(stage, 'at-once', configurationFor(stage)));
  const settled = await Promise.allSettled(calls);
  const synced = settled.flatMap((call) => (call.status === 'fulfilled' ? [call.value] : []));
  const ids = [...new Set(synced.map(({ assistantId }) => assistantId))];
  stage.details.atOnce = { calls: AT_ONCE, assistantIds: ids, outcomes: outcomesOf(synced) };
  await expectAll(calls.map(async (call) => void (await call)));
  const [id] = ids;
  expect(
    id !== undefined && ids.length === 1,
    `${AT_ONCE} equal PUTs at once gave ${ids.length} assistants: ${ids.join(', ')}`,
  );
  const created = synced.filter(({ outcome }) => outcome === 'created').length;
  expect(created === 1, `Of ${AT_ONCE} equal PUTs at once ${created} were answered as created instead of one`);
  await expectExactlyOne(stage, 'at-once', id);
}

async function expectExactlyOne(stage: Stage, purpose: string, assistantId: string): Promise<void> {
  await live(platformAccount(stage), assistantId, "the platform's account");
  await expectNoOther(stage, purpose, assistantId);
  await mapped(stage, purpose, assistantId);
}

function outcomesOf(synced: readonly Synced[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of synced) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

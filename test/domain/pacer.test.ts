import type { VapiAccount } from '../../src/domain/account/vapi-account.ts';
import { makePacer } from '../../src/domain/long-work/paced-account.ts';

const BEGIN = 1_000_000;

/** An account that notes when it is asked, in ms from the beginning, on a clock that only pauses move. */
function paced(callsPerSecond: number) {
  const clock = { now: BEGIN };
  const asked: number[] = [];
  const get = async () => {
    asked.push(clock.now - BEGIN);
    return { kind: 'missing' } as const;
  };
  const pass = (ms: number) => {
    clock.now += ms;
  };
  const runtime = {
    now: () => clock.now,
    sleep: async (ms: number) => pass(ms),
    random: () => 0.5,
    uniqueId: () => 'x',
  };
  const traffic = { hasAccess: false, latest: async () => ({ kind: 'without' }) };
  const unpaced = { keyFingerprint: 'key', assistants: { get }, traffic, phoneNumbers: {} } as unknown as VapiAccount;
  const account = makePacer(runtime).paced(unpaced, callsPerSecond);
  return { asked, pass, get: account.assistants.get, latest: account.traffic.latest };
}

it('calls keep the pace from the first one on', async () => {
  const { asked, get } = paced(10);
  for (let count = 0; count < 5; count += 1) await get('a');
  expect(asked).toEqual([0, 100, 200, 300, 400]);
});

it('an account that cannot divide its traffic is not asked about it, and that takes no time', async () => {
  const { asked, get, latest } = paced(10);
  await get('a');
  for (let count = 0; count < 5; count += 1) await latest('a');
  await get('a');
  expect(asked).toEqual([0, 100]);
});

it('a pause is made up for, a long one by no more than a second', async () => {
  const { asked, get, pass } = paced(10);
  await get('a');
  pass(350);
  for (let count = 0; count < 5; count += 1) await get('a');
  expect(asked).toEqual([0, 350, 350, 350, 400, 500]);
  pass(60_000);
  asked.length = 0;
  for (let count = 0; count < 14; count += 1) await get('a');
  const [first = 0] = asked;
  expect(asked.filter((at) => at === first)).toHaveLength(11);
  expect(asked.slice(-2).map((at) => at - first)).toEqual([200, 300]);
});

import { KEY, OTHER } from './jobs.ts';
import { isFailed } from './recover.ts';
import { note, printTable } from './report.ts';
import {
  type Finish,
  type Outside,
  type RolloutJob,
  RolloutWorld,
  rolloutViolations,
  settle,
  VERSIONS,
} from './rollouts.ts';
import { type Crash, World } from './world.ts';

afterAll(() => printTable());

/** The steps of rollouts whose every effect is enumerated. */
interface Scenario {
  name: string;
  arrange: (here: RolloutWorld) => Promise<unknown>;
  job: RolloutJob;
  onFailure?: 'rollback';
  outside?: Outside;
}

/** Who comes next: an operator, or somebody who puts another configuration; and what is answered to a stop. */
interface Follower {
  next?: RolloutJob;
  put?: string;
  finish: Finish;
}

const start = (here: RolloutWorld) => here.run({ kind: 'start' });
const roll = (here: RolloutWorld) => here.run({ kind: 'roll' });
const act = (here: RolloutWorld, action: 'pause' | 'abort' | 'rollback') => here.run({ kind: 'act', action });
const refuseOne = ({ world }: RolloutWorld) => {
  let left = 1;
  world.upstream.verdict = (verb) => {
    left -= verb === 'PATCH' ? 1 : 0;
    return verb === 'PATCH' && left < 0 ? 'refused' : 'ok';
  };
};

const SCENARIOS: Scenario[] = [
  { name: 'plan', arrange: async () => {}, job: { kind: 'start' } },
  { name: 'apply, in two waves', arrange: start, job: { kind: 'roll' } },
  {
    name: 'apply, where one was changed and one was removed',
    arrange: async (here) => {
      await start(here);
      await here.run({ kind: 'ensure', version: 0, spec: 'a3', key: OTHER });
      await here.run({ kind: 'remove', key: KEY });
    },
    job: { kind: 'roll' },
    outside: new Map([
      [OTHER.orgId, ['a3']],
      [KEY.orgId, ['removed']],
    ]),
  },
  {
    name: 'apply, where all were deleted at Vapi',
    arrange: async (here) => {
      await start(here);
      here.world.upstream.stored.clear();
    },
    job: { kind: 'roll' },
  },
  {
    name: 'apply, where one is refused, and take back',
    arrange: async (here) => {
      await start(here);
      refuseOne(here);
    },
    job: { kind: 'roll' },
    onFailure: 'rollback',
  },
  {
    name: 'take back',
    arrange: async (here) => {
      await start(here);
      await roll(here);
      await act(here, 'rollback');
    },
    job: { kind: 'roll' },
  },
  { name: 'pause', arrange: start, job: { kind: 'act', action: 'pause' } },
  { name: 'abort', arrange: start, job: { kind: 'act', action: 'abort' } },
  {
    name: 'resume',
    arrange: async (here) => {
      await start(here);
      await act(here, 'pause');
    },
    job: { kind: 'act', action: 'resume' },
  },
  {
    name: 'resume after a failure',
    arrange: async (here) => {
      await start(here);
      refuseOne(here);
      await roll(here);
      here.world.upstream.verdict = () => 'ok';
    },
    job: { kind: 'act', action: 'resume' },
  },
  {
    name: 'ask to take back',
    arrange: async (here) => {
      await start(here);
      await roll(here);
    },
    job: { kind: 'act', action: 'rollback' },
  },
  { name: 'stop by an alarm', arrange: start, job: { kind: 'alarm' }, onFailure: 'rollback' },
  {
    name: 'send again',
    arrange: async (here) => {
      await start(here);
      here.world.pass(61_000);
    },
    job: { kind: 'schedule' },
  },
];

const effectLists: string[] = [];
afterAll(() => {
  process.stdout.write(`\neffects by step, each crashed before and after:\n${effectLists.join('\n')}\n`);
});

describe.each(SCENARIOS)('a crash at every effect of: $name', ({ name, arrange, job, onFailure, outside }) => {
  const begin = async () => {
    const here = new RolloutWorld(new World(), { onFailure: onFailure ?? 'pause' });
    await here.bind();
    await arrange(here);
    return here;
  };
  const effectsOf = async () => {
    const here = await begin();
    const before = here.world.effects.length;
    await here.run(job);
    return here.world.effects.slice(before);
  };
  const followers: Follower[] = [
    { finish: 'resume' },
    { next: { kind: 'act', action: 'pause' }, finish: 'rollback' },
    { next: { kind: 'act', action: 'rollback' }, finish: 'resume' },
    { next: { kind: 'act', action: 'abort' }, finish: 'resume' },
    { put: 'a2', finish: 'resume' },
  ];

  it('is mended by the next worker, whoever comes before it', async () => {
    const effects = await effectsOf();
    effectLists.push(`  ${name}: ${effects.join(' → ')}`);
    const found: string[] = [];
    for (const at of effects.keys()) {
      for (const when of ['before', 'after'] as const) {
        for (const follower of followers) {
          const here = await begin();
          await here.run(job, { crash: { at, when } });
          const wrong = await followed(here, { job, outside, ...follower });
          found.push(
            ...wrong.map((text) => `${when} ${effects[at]} (${at}), then ${JSON.stringify(follower)}: ${text}`),
          );
        }
      }
    }
    note({ scenario: `crash: ${name}`, runs: effects.length * 2 * followers.length, violations: found.length });
    expect(found.slice(0, 5)).toEqual([]);
  });
});

async function followed(
  here: RolloutWorld,
  { job, next, put, finish, outside = new Map() }: Follower & { job: RolloutJob; outside?: Outside | undefined },
): Promise<string[]> {
  // What nobody has got an answer for is asked for once more, by an operator or by EventBridge.
  here.world.pass(61_000);
  if (job.kind !== 'roll') await here.run(job);
  if (next) await here.run(next);
  const puts = put === undefined ? outside : await putMeanwhile(here, { put, outside });
  return [...(await settle(here, finish)), ...(await rolloutViolations(here, puts))];
}

/** What may stand in the end when somebody puts another configuration: only that, if it was accepted. */
async function putMeanwhile(here: RolloutWorld, { put, outside }: { put: string; outside: Outside }): Promise<Outside> {
  const isRefused = isFailed(await here.run({ kind: 'ensure', version: 0, key: OTHER, spec: put }));
  const known = isRefused ? (outside.get(OTHER.orgId) ?? VERSIONS) : [];
  return new Map([...outside, [OTHER.orgId, [...known, put]]]);
}

it('a crash of the mending too, at each of its effects, for one target', async () => {
  const begin = async () => {
    const here = new RolloutWorld(new World());
    await here.bind([KEY]);
    await start(here);
    return here;
  };
  const effectsAfter = async (crash: Crash | undefined) => {
    const here = await begin();
    if (crash) await here.run({ kind: 'roll' }, { crash });
    if (crash) here.world.pass(140_000);
    const before = here.world.effects.length;
    await here.run({ kind: 'roll' });
    return here.world.effects.slice(before);
  };
  const found: string[] = [];
  let runs = 0;
  const crashesOf = (effects: readonly string[]) =>
    effects.flatMap((_, at): Crash[] => [
      { at, when: 'before' },
      { at, when: 'after' },
    ]);
  for (const crash of crashesOf(await effectsAfter(undefined))) {
    for (const second of crashesOf(await effectsAfter(crash))) {
      runs += 1;
      const here = await begin();
      await here.run({ kind: 'roll' }, { crash });
      here.world.pass(140_000);
      await here.run({ kind: 'roll' }, { crash: second });
      const wrong = [...(await settle(here, 'resume')), ...(await rolloutViolations(here))];
      found.push(...wrong.map((text) => `${JSON.stringify([crash, second])}: ${text}`));
    }
  }
  note({ scenario: 'crash twice: apply', runs, violations: found.length });
  expect(found.slice(0, 5)).toEqual([]);
});

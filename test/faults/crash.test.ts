import { unheard, violations } from './invariants.ts';
import { desired, type Job, KEY } from './jobs.ts';
import { isFailed, recover } from './recover.ts';
import { note, printTable } from './report.ts';
import { untold } from './told.ts';
import { type Crash, World } from './world.ts';

/**
 * The operations whose every effect is enumerated: how the world is before, what is asked, and which specs were ever
 * asked for.
 */
interface Scenario {
  name: string;
  arrange: (world: World) => Promise<void>;
  job: Job;
  specs: string[];
  /** Left out of the enumeration of two crashes, which grows with the square of the effects. */
  once?: true;
}

const ensure = (spec: string): Job => ({ kind: 'ensure', spec });
const deleteAtVapi = (world: World) => {
  for (const { id } of world.upstream.assistants()) world.upstream.stored.delete(id);
};

const withNumber = (world: World, id = 'number-1') => {
  world.upstream.numbers.set(id, { id, isTakenOtherwise: false });
  world.mappings.records.set(KEY.orgId, { vapiPhoneNumberId: id });
};
const numbered = async (world: World) => {
  withNumber(world);
  await world.run(ensure('a1'));
  await world.run({ kind: 'work' });
};

const pinned = async (world: World) => {
  world.upstream.hasTraffic = true;
  await world.run(ensure('a1'));
  await world.run({ kind: 'pin' });
};
/** Callers are to hear what was asked for, when that was asked for. */
const unheardBy = (world: World, job: Job) => (job.kind === 'ensure' && job.follow ? unheard(world) : []);

const SCENARIOS: Scenario[] = [
  { name: 'create', arrange: async () => {}, job: ensure('a1'), specs: ['a1'] },
  {
    name: 'unchanged',
    arrange: async (world) => void (await world.run(ensure('a1'))),
    job: ensure('a1'),
    specs: ['a1'],
  },
  {
    name: 'update',
    arrange: async (world) => void (await world.run(ensure('a1'))),
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'recreate',
    arrange: async (world) => {
      await world.run(ensure('a1'));
      deleteAtVapi(world);
    },
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'adopt',
    arrange: async (world) => {
      const { id } = world.upstream.seed('own-key', { name: 'by hand' });
      world.secrets.set(KEY.orgId, JSON.stringify({ apiKey: 'own-key', assistantId: id }));
    },
    job: ensure('a1'),
    specs: ['a1'],
  },
  {
    name: 'move to the own account',
    arrange: async (world) => {
      await world.run(ensure('a1'));
      world.secrets.set(KEY.orgId, '{"apiKey":"own-key"}');
    },
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'adopt an unresolved create',
    arrange: async (world) => {
      world.upstream.listLagMs = 10_000;
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'error-after' : 'ok');
      await world.run(ensure('a1'));
      world.upstream.verdict = () => 'ok';
      world.pass(20_000);
    },
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'create after an unresolved create that had no effect',
    arrange: async (world) => {
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'error-before' : 'ok');
      await world.run(ensure('a1'));
      world.upstream.verdict = () => 'ok';
      world.pass(60_000);
    },
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'move while an unresolved create is left in the platform account',
    arrange: async (world) => {
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'late' : 'ok');
      await world.run(ensure('a1'));
      world.upstream.verdict = () => 'ok';
      world.secrets.set(KEY.orgId, '{"apiKey":"own-key"}');
      world.pass(60_000);
    },
    job: ensure('b1'),
    specs: ['a1', 'b1'],
  },
  {
    name: 'create with an unknown outcome',
    arrange: async (world) => {
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'error-after' : 'ok');
    },
    job: ensure('a1'),
    specs: ['a1'],
  },
  {
    name: 'create with tools and a number',
    arrange: async (world) => withNumber(world),
    job: ensure('a1+xy'),
    specs: ['a1+xy'],
  },
  {
    name: 'register and link a tool, point the number',
    arrange: async (world) => {
      withNumber(world);
      await world.run(ensure('a1+x'));
    },
    job: { kind: 'work' },
    specs: ['a1+x'],
  },
  {
    name: 'register and link two tools',
    arrange: async (world) => void (await world.run(ensure('a1+xy'))),
    job: { kind: 'work' },
    specs: ['a1+xy'],
    once: true,
  },
  {
    name: 'register a tool after a registration that had no effect',
    arrange: async (world) => {
      await world.run(ensure('a1+x'));
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'error-before' : 'ok');
      await world.run({ kind: 'work' });
      world.upstream.verdict = () => 'ok';
      world.pass(60_000);
    },
    job: { kind: 'work' },
    specs: ['a1+x'],
    once: true,
  },
  {
    name: 'register a tool whose reply is lost',
    arrange: async (world) => {
      await world.run(ensure('a1+x'));
      world.upstream.verdict = (verb) => (verb === 'POST' ? 'error-after' : 'ok');
    },
    job: { kind: 'work' },
    specs: ['a1+x'],
  },
  {
    name: 'change the tools',
    arrange: async (world) => {
      await world.run(ensure('a1+xy'));
      await world.run({ kind: 'work' });
      await world.run(ensure('b1+yz'));
    },
    job: { kind: 'work' },
    specs: ['a1+xy', 'b1+yz'],
    once: true,
  },
  {
    name: 'recreate with tools and a number',
    arrange: async (world) => {
      withNumber(world);
      await world.run(ensure('a1+xy'));
      await world.run({ kind: 'work' });
      deleteAtVapi(world);
    },
    job: ensure('b1+xy'),
    specs: ['a1+xy', 'b1+xy'],
  },
  {
    name: 'delete with a number',
    arrange: numbered,
    job: { kind: 'remove' },
    specs: ['a1'],
  },
  {
    name: 'another number',
    arrange: async (world) => {
      await numbered(world);
      withNumber(world, 'number-2');
    },
    job: ensure('a1'),
    specs: ['a1'],
  },
  {
    name: 'take off a number, point another one',
    arrange: async (world) => {
      await numbered(world);
      withNumber(world, 'number-2');
      await world.run(ensure('a1'));
    },
    job: { kind: 'work' },
    specs: ['a1'],
  },
  {
    name: 'delete after the number was changed',
    arrange: async (world) => {
      await numbered(world);
      withNumber(world, 'number-2');
      await world.run(ensure('a1'));
    },
    job: { kind: 'remove' },
    specs: ['a1'],
  },
  {
    name: 'update, and take a pin off',
    arrange: pinned,
    job: { kind: 'ensure', spec: 'b1', follow: true },
    specs: ['a1', 'b1'],
  },
  {
    name: 'unchanged, and take a pin off',
    arrange: pinned,
    job: { kind: 'ensure', spec: 'a1', follow: true },
    specs: ['a1'],
  },
  {
    name: 'update that a pin hides',
    arrange: pinned,
    job: ensure('b1'),
    specs: ['a1', 'b1'],
    once: true,
  },
  {
    name: 'delete',
    arrange: async (world) => void (await world.run(ensure('a1'))),
    job: { kind: 'remove' },
    specs: ['a1'],
  },
];

const effectLists: string[] = [];
afterAll(() => {
  printTable();
  process.stdout.write(`\neffects by operation, each crashed before and after:\n${effectLists.join('\n')}\n`);
});

describe.each(SCENARIOS)('a crash at every step of: $name', ({ name, arrange, job, specs, once }) => {
  const start = async () => {
    const world = new World();
    await arrange(world);
    return world;
  };
  const effectsOf = async (prepare: (world: World) => Promise<unknown>) => {
    const world = await start();
    await prepare(world);
    const before = world.effects.length;
    await world.run(job);
    return world.effects.slice(before);
  };
  const crashesOf = (effects: readonly string[]): Crash[] =>
    effects.flatMap((_, at) => [
      { at, when: 'before' as const },
      { at, when: 'after' as const },
    ]);
  /** Other callers may come next with another wish. A worker alone repairs only what was recorded. */
  const followers: Job[] = [job, ensure('a2'), ensure('a3+yx'), { kind: 'remove' }];

  it('is mended by the next call, whatever that asks for', async () => {
    const effects = await effectsOf(async () => {});
    effectLists.push(`  ${name}: ${effects.join(' → ')}`);
    const found: string[] = [];
    for (const crash of crashesOf(effects)) {
      for (const follower of followers) {
        const world = await start();
        await world.run(job, { crash });
        const ending = await recover(world, follower);
        const wrong = [...violations(world, [...specs, 'a2', 'a3+yx']), ...unheardBy(world, follower)];
        wrong.push(...(await untold(world, found.length + crash.at)));
        if (isFailed(ending)) wrong.push(`the follower ended with ${ending}`);
        found.push(
          ...wrong.map(
            (text) => `${crash.when} ${effects[crash.at]} (${crash.at}), then ${JSON.stringify(follower)}: ${text}`,
          ),
        );
      }
    }
    note({ scenario: `crash: ${name}`, runs: effects.length * 2 * followers.length, violations: found.length });
    expect(found).toEqual([]);
  });

  it('is mended when the mending crashes too, at each of its steps', async () => {
    const effects = await effectsOf(async () => {});
    const found: string[] = [];
    let runs = 0;
    for (const crash of once ? [] : crashesOf(effects)) {
      const mending = await mendingEffects({ start, job, crash });
      for (const second of crashesOf(mending)) {
        runs += 1;
        const world = await start();
        await world.run(job, { crash });
        world.pass(45_000);
        await world.run(job, { crash: second });
        await recover(world, job);
        const wrong = [...violations(world, specs), ...unheardBy(world, job), ...(await untold(world, runs))];
        found.push(
          ...wrong.map(
            (text) => `${crash.when} ${effects[crash.at]}, then ${second.when} ${mending[second.at]}: ${text}`,
          ),
        );
      }
    }
    note({ scenario: `crash twice: ${name}`, runs, violations: found.length });
    expect(found).toEqual([]);
  });
});

describe('a DELETE that was cut off, or that failed half-way', () => {
  const mapped = async () => {
    const world = new World();
    withNumber(world);
    await world.run(ensure('a1+x'));
    await recover(world, { kind: 'work' });
    return world;
  };
  const made = (world: World) => world.effects.filter((effect) => effect === 'vapi POST').length;

  async function assertNeverRevived(world: World, why: string): Promise<string[]> {
    const before = made(world);
    world.upstream.verdict = () => 'ok';
    world.pass(60_000);
    await world.run({ kind: 'work' });
    const revived = made(world) > before ? [`${why}: the worker made the assistant again`] : [];
    const ending = await recover(world, { kind: 'remove' });
    const left = world.upstream.assistants().length;
    return [...revived, ...(isFailed(ending) || left > 0 ? [`${why}: then ${ending}, ${left} left`] : [])];
  }

  it('is never undone by the worker, wherever it crashed', async () => {
    const plain = await mapped();
    const begin = plain.effects.length;
    await plain.run({ kind: 'remove' });
    const effects = plain.effects.slice(begin);
    const found: string[] = [];
    for (const [at, effect] of effects.entries()) {
      for (const when of ['before', 'after'] as const) {
        const world = await mapped();
        await world.run({ kind: 'remove' }, { crash: { at, when } });
        found.push(...(await assertNeverRevived(world, `${when} ${effect}`)));
      }
    }
    note({ scenario: 'crash: a DELETE is never undone', runs: effects.length * 2, violations: found.length });
    expect(found).toEqual([]);
  });

  it.each(['error-before', 'error-after', 'late'] as const)(
    'is never undone after %s, whichever request it hits',
    async (fault) => {
      const found: string[] = [];
      for (const hit of ['DELETE', 'GET', 'PATCH number', 'GET number']) {
        const world = await mapped();
        world.upstream.verdict = (_verb, request) => (request === hit ? fault : 'ok');
        await world.run({ kind: 'remove' });
        found.push(...(await assertNeverRevived(world, `${fault} at ${hit}`)));
      }
      expect(found).toEqual([]);
    },
  );
});

it('a tool that an earlier POST may still make is waited for, and not made twice', async () => {
  const world = new World();
  await world.run(ensure('a1+x'));
  // The worker gives up, not knowing, before the request arrives.
  world.upstream.verdict = (_verb, request) => (request === 'POST tool' ? 'late' : 'ok');
  expect(await world.run({ kind: 'work' })).toBe('LATER_TOOL_UNRESOLVED');
  world.upstream.verdict = () => 'ok';
  expect(world.upstream.existingTools()).toEqual([]);
  expect(await world.run({ kind: 'work' })).toBe('LATER_TOOL_UNRESOLVED');
  await recover(world, ensure('a1+x'));
  expect(world.upstream.toolPosts).toBe(1);
  expect(violations(world, ['a1+x'])).toEqual([]);
});

async function mendingEffects({
  start,
  job,
  crash,
}: {
  start: () => Promise<World>;
  job: Job;
  crash: Crash;
}): Promise<string[]> {
  const world = await start();
  await world.run(job, { crash });
  world.pass(45_000);
  const before = world.effects.length;
  await world.run(job);
  return world.effects.slice(before);
}

it('the enumeration covers every kind of effect that the protocol has', () => {
  const all = effectLists.join(' ');
  for (const effect of [
    'table read',
    'table claim',
    'table take-over',
    'table save-spec',
    'table finalise',
    'table remove',
    'vapi GET',
    'vapi LIST',
    'vapi POST',
    'vapi PATCH',
    'vapi DELETE',
    'vapi POST tool',
    'vapi LIST tool',
    'vapi GET number',
    'vapi PATCH number',
    'vapi GET traffic',
    'vapi PATCH traffic',
    'table claim-tool',
    'table finalise-tool',
    'table take-over-tool',
    'table release',
    'queue send',
  ]) {
    expect(all).toContain(effect);
  }
  expect(desired('a1').specHash).not.toBe(desired('b1').specHash);
});

import type { Target } from '../../src/domain/rollouts/rollout.ts';
import { desired, KEY, OTHER } from '../faults/jobs.ts';
import { finishWork } from '../faults/recover.ts';
import { VERSIONS } from '../faults/rollout-of-one.ts';
import type { World } from '../faults/world.ts';

/** Pasts that only some operations have to do with. */
export const SPECIAL_PASTS = {
  /** Another number is configured, and the assistant still has the first. */
  'number changed': async (world: World) => {
    await world.run({ kind: 'number', id: 'one' });
    await world.run({ kind: 'ensure', spec: 'a1' });
    await finishWork(world);
    await world.run({ kind: 'number', id: 'two' });
  },
  /** The traffic of the assistant is pinned to the version of now. */
  pinned: async (world: World) => {
    world.upstream.hasTraffic = true;
    await world.run({ kind: 'ensure', spec: 'a1' });
    await world.run({ kind: 'pin' });
  },
  /** A tool that another organisation has registered was deleted at Vapi by hand. */
  'tool deleted': async (world: World) => {
    await world.run({ kind: 'ensure', spec: 'a3+x', key: OTHER });
    await finishWork(world, OTHER);
    world.upstream.storedTools.clear();
  },
  /** The platform's key opens another account for now; whoever asks once more finds it set right. */
  'key of another account': async (world: World) => {
    await world.run({ kind: 'ensure', spec: 'a1' });
    world.upstream.seed('other-key', { name: 'in another account' });
    world.secrets.set('platform', '{"apiKey":"other-key"}');
  },
  /** The secrets of two organisations have the same key, and name the same assistant. */
  'named by two': async (world: World) => {
    const { id } = world.upstream.seed('own-key', { name: 'shared by mistake' });
    const secret = JSON.stringify({ apiKey: 'own-key', assistantId: id });
    for (const { orgId } of [KEY, OTHER]) world.secrets.set(orgId, secret);
  },
  /** Two organisations want the same tool, which is not registered yet. */
  'tool wanted by two': async (world: World) => {
    for (const key of [KEY, OTHER]) await world.run({ kind: 'ensure', spec: 'a3+x', key });
  },
  /** Bound to the first version of a template. */
  bound: async (world: World) => void (await world.run({ kind: 'ensure', spec: 'a1', version: 1 })),
  /** A rollout has brought it from the first version of the template to the second. */
  'rolled out': async (world: World) => {
    await world.run({ kind: 'ensure', spec: 'a1', version: 1 });
    await world.run({ kind: 'rollout', step: 'apply', target: targetOf(world) });
  },
} as const satisfies Record<string, (world: World) => Promise<void>>;
export type SpecialPast = keyof typeof SPECIAL_PASTS;

/** The assistant as a rollout finds it when it is planned, which it always is of the first version. */
export function targetOf({ mappings }: World): Target {
  const row = mappings.rows.get(`${KEY.orgId}/${KEY.role}`);
  return {
    ...KEY,
    state: 'outdated',
    assistantId: row?.assistantId ?? null,
    from: 1,
    boundBy: 'process-0001',
    specHash: desired(VERSIONS[1] ?? '').specHash,
  };
}

export function isSpecial(past: string): past is SpecialPast {
  return past in SPECIAL_PASTS;
}

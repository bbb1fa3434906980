import { desired, KEY, OTHER } from '../faults/jobs.ts';
import { arrange, type Past } from '../faults/pasts.ts';
import type { ProcessJob } from '../faults/perform.ts';
import { World } from '../faults/world.ts';
import { type Case, nameOfCase } from './explore.ts';
import type { JumpKind } from './moves.ts';
import { resourcesOf } from './properties.ts';
import { isSpecial, SPECIAL_PASTS, type SpecialPast, targetOf } from './special-pasts.ts';
import type { Budget } from './state.ts';

/** What may go wrong in one execution. */
export const FAULTS = {
  'no fault': { budget: { crashes: 0, losses: 0, jumps: 0 }, jumps: 'mortal' },
  'one crash': { budget: { crashes: 1, losses: 0, jumps: 0 }, jumps: 'mortal' },
  'one lost or late reply': { budget: { crashes: 0, losses: 1, jumps: 0 }, jumps: 'mortal' },
  'one clock step': { budget: { crashes: 0, losses: 0, jumps: 1 }, jumps: 'mortal' },
  'one frozen process': { budget: { crashes: 0, losses: 0, jumps: 1 }, jumps: 'frozen' },
} as const satisfies Record<string, { budget: Budget; jumps: JumpKind }>;
export type Fault = keyof typeof FAULTS;

/** The operations of which every pair is explored. `import` maps an assistant that somebody has made by hand. */
export const OPERATIONS = [
  'ensure a1',
  'ensure a2',
  'ensure a3+x',
  'remove',
  'rollback',
  'reapply',
  'import',
  'work',
] as const;
/** Operations of which only some pairs are explored. */
const OTHERS = [
  'ensure b1',
  'ensure a2, followed',
  'ensure a1 of another',
  'work of another',
  'apply',
  'take back',
  'unbind',
] as const;
export type OperationName = (typeof OPERATIONS)[number] | (typeof OTHERS)[number];

/** Every two operations, also two of the same, in no order: both begin at once. */
export const PAIRS: readonly (readonly OperationName[])[] = OPERATIONS.flatMap((first, index) =>
  OPERATIONS.slice(index).map((second) => [first, second]),
);

/** Three operations at once: equal PUTs, and a PUT beside one that is removed again. */
export const TRIPLES: readonly (readonly OperationName[])[] = [
  ['ensure a1', 'ensure a1', 'ensure a1'],
  ['ensure a1', 'ensure a2', 'remove'],
];

export interface Planned {
  past: Past | SpecialPast;
  operations: readonly OperationName[];
  fault: Fault;
}

/** A world with that past, somebody else's things beside it, and the operations that are asked for in it. */
export async function caseOf({ past, operations, fault }: Planned): Promise<Case> {
  const world = new World();
  if (isSpecial(past)) await SPECIAL_PASTS[past](world);
  else await arrange(world, past);
  addForeign(world);
  const foreign = resourcesOf(world.capture());
  const isOther = (text: string) => text.includes(FOREIGN);
  const byHand = operations.includes('import') ? world.upstream.seed(accountOf(world), { name: 'by hand' }).id : '';
  const jobs = operations.map((name) => jobOf(name, { past, byHand, world }));
  return {
    name: `${nameOfCase(past, jobs)}, ${fault}`,
    world,
    jobs,
    unanswered: past.startsWith('unresolved') ? [{ kind: 'ensure', spec: 'a1' }] : [],
    foreign: foreign.filter(isOther),
    ...FAULTS[fault],
  };
}

const FOREIGN = 'of somebody else';

/** An assistant and a tool that are not ours in each account, and a number that answers with something else. */
function addForeign({ upstream }: World): void {
  for (const account of ['platform-key', 'own-key']) {
    upstream.seed(account, { name: `an assistant ${FOREIGN}` });
    upstream.seedTool(account, { type: 'function', function: { name: `a tool ${FOREIGN}` } });
  }
  upstream.numbers.set(FOREIGN, { id: FOREIGN, isTakenOtherwise: true });
}

function accountOf({ secrets }: World): string {
  return secrets.has(KEY.orgId) ? 'own-key' : 'platform-key';
}

/** A rollback goes to what the past has applied. */
function jobOf(
  name: OperationName,
  { past, byHand, world }: { past: string; byHand: string; world: World },
): ProcessJob {
  switch (name) {
    case 'ensure a1':
    case 'ensure a2':
    case 'ensure a3+x':
    case 'ensure b1':
      return { kind: 'ensure', spec: name.slice('ensure '.length) };
    case 'ensure a2, followed':
      return { kind: 'ensure', spec: 'a2', follow: true };
    case 'ensure a1 of another':
      return { kind: 'ensure', spec: 'a1', key: OTHER };
    case 'work of another':
      return { kind: 'work', key: OTHER };
    case 'apply':
    case 'take back':
      return { kind: 'rollout', step: name, target: targetOf(world) };
    case 'unbind':
      return { kind: 'ensure', spec: 'a2', version: 0 };
    case 'rollback':
      return { kind: 'rollback', spec: past.startsWith('tools') ? 'b2+xy' : 'a1' };
    case 'import':
      return { kind: 'import', assistantId: byHand };
    case 'remove':
    case 'reapply':
    case 'work':
      return { kind: name };
  }
}

/** Reckoned before the first case is timed. */
export function warmUp(): void {
  for (const spec of ['a1', 'a2', 'b1', 'a3+x', 'b2+xy']) desired(spec);
}

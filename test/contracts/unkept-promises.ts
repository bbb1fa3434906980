import type { MappingState, Transition } from '../../src/domain/mapping-transitions.ts';

/**
 * Parts of the contract that the stores do not keep: none of the writes of the service comes to them, as its own rules
 * choose the transition. Each is tested as one that has to fail, so that the list ends when the stores keep it.
 */
const UNKEPT: ReadonlySet<string> = new Set([
  // No store looks at the states that a transition starts from, only at its guard.
  'claim from claimed',
  'claim from unresolved',
  'take-over from absent',
  'take-over from idle',
  'finalise from unresolved',
  'release from unresolved',
  'abandon from unresolved',
  'leave-unresolved from unresolved',
  'remove from unresolved',
  // "As read" does not include whether the claim was left unresolved.
  'take-over from claimed: its holder left it unresolved meanwhile',
]);

/** What the store in DynamoDB takes for its own success although it was sent once, and the other way round. */
const UNKEPT_IN_DYNAMODB: ReadonlySet<string> = new Set([
  ...UNKEPT,
  'finalise from idle',
  'release from idle',
  'abandon from absent',
  'remove from absent',
  'release from claimed, lose-reply',
  'release from claimed, fail-after',
]);

export interface PromiseCase {
  transition: Transition;
  state: MappingState;
  name?: string;
  fault?: string;
}

/** Declares one test per case, turned round for those that a store does not keep. */
export function eachPromise<T extends PromiseCase>(
  cases: readonly T[],
  { kind, title, test }: { kind: 'memory' | 'dynamodb'; title: string; test: (example: T) => Promise<void> },
): void {
  const unkept = kind === 'memory' ? UNKEPT : UNKEPT_IN_DYNAMODB;
  const isUnkept = (example: T) => unkept.has(nameOf(example));
  it.each(cases.filter((example) => !isUnkept(example)))(title, test);
  const turned = cases.filter(isUnkept);
  if (turned.length > 0) it.failing.each(turned)(title, test);
}

function nameOf({ transition, state, name, fault }: PromiseCase): string {
  return `${transition} from ${state}${name ? `: ${name}` : ''}${fault ? `, ${fault}` : ''}`;
}

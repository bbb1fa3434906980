/**
 * The life of a rollout as data: which state may follow which. docs/rollouts.md draws it. Each transition is one write,
 * made only if the rollout is still as it was read.
 */
export const ROLLOUT_STATES = [
  'planning',
  'running',
  'baking',
  'paused',
  'rolling-back',
  'completed',
  'failed',
  'aborted',
  'rolled-back',
] as const;
export type RolloutState = (typeof ROLLOUT_STATES)[number];

interface RolloutRule {
  from: readonly RolloutState[];
  to: RolloutState;
}

export const ROLLOUT_TRANSITIONS = {
  /** All targets are stored. */
  start: { from: ['planning'], to: 'running' },
  /** Planning failed or was interrupted. */
  'give-up': { from: ['planning'], to: 'failed' },
  /** All targets of a wave are done. */
  bake: { from: ['running'], to: 'baking' },
  /** The wave has baked and is healthy. */
  'next-wave': { from: ['baking'], to: 'running' },
  complete: { from: ['baking'], to: 'completed' },
  pause: { from: ['running', 'baking'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  abort: { from: ['running', 'baking', 'paused'], to: 'aborted' },
  rollback: { from: ['running', 'baking', 'paused', 'completed', 'aborted'], to: 'rolling-back' },
  'end-rollback': { from: ['rolling-back'], to: 'rolled-back' },
  /** Not every target could be restored. */
  'fail-rollback': { from: ['rolling-back'], to: 'failed' },
} as const satisfies Record<string, RolloutRule>;

export type RolloutTransition = keyof typeof ROLLOUT_TRANSITIONS;

/** True when a rollout in this state may make the transition. */
export function isAllowed(transition: RolloutTransition, state: RolloutState): boolean {
  const { from }: RolloutRule = ROLLOUT_TRANSITIONS[transition];
  return from.includes(state);
}

/** True for a rollout that has ended: it does not go on by itself or by `resume`. */
export function isEnded(state: RolloutState): boolean {
  return ['completed', 'failed', 'aborted', 'rolled-back'].includes(state);
}

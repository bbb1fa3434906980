/**
 * The life of a mapping row as data. The store makes the condition of each write from this table, docs/architecture.md
 * draws it, and nothing else decides what may follow what.
 *
 * - `absent`: there is no row
 * - `idle`: no operation is changing the assistant
 * - `claimed`: somebody is, until `claim.expiresAt`
 * - `unresolved`: somebody did, and does not know whether an assistant was made
 */
export type MappingState = 'absent' | 'idle' | 'claimed' | 'unresolved';

/**
 * What the row must still be like for the write to happen.
 * - `as-read`: the revision, the assistant and the claim (or its absence) are those that the decision was made from;
 *   for a new revision nothing else was written either, so that what the row then says is known without reading it
 *   again
 * - `own-token`: the claim is the writer's own
 */
export type Guard = 'as-read' | 'own-token';

interface TransitionRule {
  from: readonly MappingState[];
  to: MappingState;
  guard: Guard;
  /** True for a write that makes a new revision of the row. */
  isNewRevision?: boolean;
}

export const TRANSITIONS = {
  /** The row has no holder: take it. */
  claim: { from: ['absent', 'idle'], to: 'claimed', guard: 'as-read', isNewRevision: true },
  /** The holder crashed, and what it left was looked up: take the row over. */
  'take-over': { from: ['claimed', 'unresolved'], to: 'claimed', guard: 'as-read', isNewRevision: true },
  /** Done: the row says what is live. */
  finalise: { from: ['claimed'], to: 'idle', guard: 'own-token' },
  /** Nothing was made: give the row back. */
  release: { from: ['claimed'], to: 'idle', guard: 'own-token' },
  /** Nothing was made, and the row was only there for the claim. */
  abandon: { from: ['claimed'], to: 'absent', guard: 'own-token' },
  /** It is not known whether an assistant was made. */
  'leave-unresolved': { from: ['claimed'], to: 'unresolved', guard: 'own-token' },
  /** An observation of the assistant is noted on a row without a holder; the assistant does not change. */
  annotate: { from: ['idle'], to: 'idle', guard: 'as-read' },
  /** The assistant is as it is to be, and another template (or none) is where that comes from. */
  rebind: { from: ['idle'], to: 'idle', guard: 'as-read', isNewRevision: true },
  /** What the row names was deleted at Vapi by others, and the row has no holder: it is removed. For tools only. */
  forget: { from: ['idle'], to: 'absent', guard: 'as-read' },
  /** The assistant is gone at Vapi: so is the row. */
  remove: { from: ['claimed'], to: 'absent', guard: 'own-token' },
} as const satisfies Record<string, TransitionRule>;

export type Transition = keyof typeof TRANSITIONS;

/** True when a write makes a new revision of the row. */
export function makesRevision(transition: Transition): boolean {
  const rule: TransitionRule = TRANSITIONS[transition];
  return rule.isNewRevision ?? false;
}

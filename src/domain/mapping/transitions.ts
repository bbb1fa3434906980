/**
 * The life of a mapping row as data. The store makes the condition of each write from this table, docs/architecture.md
 * draws it, and nothing else decides which state may follow which.
 *
 * - `absent`: there is no row
 * - `idle`: no operation is changing the assistant
 * - `claimed`: an operation is changing it, until `claim.expiresAt`
 * - `unresolved`: an operation has changed it, and does not know whether an assistant was made or removed
 */
export type MappingState = 'absent' | 'idle' | 'claimed' | 'unresolved';

/**
 * What must hold of the row for the write to happen.
 * - `as-read`: revision, assistant and claim (or no claim) are as they were read. For a new revision nothing else may
 *   have been written either, so that the row after the write is known without reading it again
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
  /** The assistant stays as it is; only the template that it is bound to changes. */
  rebind: { from: ['idle'], to: 'idle', guard: 'as-read', isNewRevision: true },
  /** The tool that the row names was deleted at Vapi by others, and the row has no holder: the row is removed. */
  forget: { from: ['idle'], to: 'absent', guard: 'as-read' },
  /** The assistant is gone at Vapi: the row is removed too. */
  remove: { from: ['claimed'], to: 'absent', guard: 'own-token' },
} as const satisfies Record<string, TransitionRule>;

export type Transition = keyof typeof TRANSITIONS;

/** True when a write makes a new revision of the row. */
export function makesRevision(transition: Transition): boolean {
  const rule: TransitionRule = TRANSITIONS[transition];
  return rule.isNewRevision ?? false;
}

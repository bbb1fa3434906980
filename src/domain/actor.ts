/** What may change an assistant. */
export const ACTOR_KINDS = ['iam', 'jwt', 'drift', 'rollout', 'worker', 'verification', 'import', 'local'] as const;

/**
 * Who changes an assistant. `id`: the ARN of a signature, the `sub` of a token, the run or the rollout, the kind of the
 * worker's task, or what was run on this machine.
 */
export interface Actor {
  kind: (typeof ACTOR_KINDS)[number];
  id: string;
}

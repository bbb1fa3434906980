import type { AssistantMapping } from './assistant-mapping.ts';
import { Problem } from './problem.ts';

/** What a caller takes to be so. It is looked at in every round, and a claim is taken only on the row that was looked at. */
export interface Expectation {
  /** Hash of the configuration that was applied last. */
  specHash?: string;
}

/** Throws `PRECONDITION_FAILED` when the row is not as the caller expects it. */
export function assertExpected(mapping: AssistantMapping | undefined, { specHash }: Expectation): void {
  if (specHash === undefined || mapping?.specHash === specHash) return;
  throw new Problem(
    'PRECONDITION_FAILED',
    'Another configuration was applied meanwhile. GET the assistant to see which.',
  );
}

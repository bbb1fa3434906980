import { annotateMapping } from '../../mapping/annotate-mapping.ts';
import type { AssistantMapping, DriftState, LiveState } from '../../mapping/assistant-mapping.ts';
import { isSameLive } from '../../traffic/live.ts';
import type { DriftDependencies } from '../drift-dependencies.ts';
import { isSameState } from '../finding.ts';

/**
 * Notes on a row what was found of it, or that all is well, if that is new. A row that was changed meanwhile is left
 * alone: the next run looks at it again.
 */
export async function noteDrift(
  deps: Pick<DriftDependencies, 'mappings' | 'runtime'>,
  row: AssistantMapping,
  { drift, live = row.live }: { drift?: DriftState | undefined; live?: LiveState | undefined },
): Promise<void> {
  if (isSameState(row.drift, drift) && isSameLive(row.live, live)) return;
  await annotateMapping(deps, row, { drift: drift ?? null, live });
}

/** The state after another run: the previous one when it found the same, else a new one. */
export function nextState(
  previous: DriftState | undefined,
  found: Pick<DriftState, 'class' | 'fields'>,
  { runId, at }: { runId: string; at: string },
): DriftState {
  const fresh: DriftState = { ...found, since: at, runId, heals: 0 };
  return previous && isSameState(previous, fresh) ? previous : fresh;
}

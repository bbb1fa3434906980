import type { components } from './schema.ts';

type Finding = components['schemas']['Finding'];

/**
 * What was done about a finding of a run, for people. In a healing run, the record of an organisation may ask for less.
 */
export function healingOf(
  { healing, mode, orgId }: Pick<Finding, 'healing' | 'mode' | 'orgId'>,
  ofRun: Finding['mode'],
): string | undefined {
  const isLeft = ofRun === 'heal' && mode === 'report' && (healing === undefined || healing === 'kept: report-only');
  return isLeft ? `left as it is: the driftMode of ${orgId ?? 'its organisation'} is report` : healing;
}

import { DRIFT_MODES, type DriftMode } from '../account/organisation-record.ts';

/** The modes of one run: the one for organisations that set none, and the most that may be done anywhere. */
export interface RunMode {
  standard: DriftMode;
  ceiling: DriftMode;
}

/** A run of the schedule follows the deployment, and an organisation's record overrides that in both directions. */
export function scheduledMode(deployment: DriftMode): RunMode {
  return { standard: deployment, ceiling: 'heal' };
}

/** A run that somebody asked for never does more than was asked; an organisation's record can only ask for less. */
export function requestedMode(asked: Exclude<DriftMode, 'off'>): RunMode {
  return { standard: asked, ceiling: asked };
}

/** What a run may do to an organisation whose record says `own`. */
export function modeFor({ standard, ceiling }: RunMode, own: DriftMode | undefined): DriftMode {
  const wanted = DRIFT_MODES.indexOf(own ?? standard);
  return DRIFT_MODES[Math.min(wanted, DRIFT_MODES.indexOf(ceiling))] ?? 'off';
}

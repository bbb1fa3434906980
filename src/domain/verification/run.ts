/** One run of the suite, as it is written down before it makes anything. */
export interface VerificationRun {
  runId: string;
  /** Every throw-away organisation that it may make. */
  organisations: readonly string[];
  /** Hashes of the definitions of its tools. */
  toolHashes: readonly string[];
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601; from then on the run is certainly over, and so are its claims and its unresolved creates. */
  endsBefore: string;
}

/**
 * The runs that have not been cleaned up after yet. A run is written down first and crossed out last, so that what a
 * run that died has left is known to the next one, and what a run that is still going on has made is left alone.
 */
export interface VerificationRuns {
  open(run: VerificationRun): Promise<void>;
  list(): Promise<VerificationRun[]>;
  close(run: VerificationRun): Promise<void>;
}

/** No name of a real organisation may begin with this. */
const PREFIX = 'verify-';

/** An organisation whose secret, if there is one, is the key with which runs try the case of an own key. */
export const OWN_KEY_ORGANISATION = 'verify-own-key';

/** Name of the throw-away organisations for that case, after the run's id. */
export const OWN_KEY_PURPOSE = 'own-key';

/** Name of the throw-away organisation of a run for a purpose (small letters and hyphens). */
export function throwAwayOrganisation(runId: string, purpose: string): string {
  return `${PREFIX}${runId}-${purpose}`;
}

/** True for the organisations that try the case of an own key, of whichever run. */
export function triesOwnKey(orgId: string): boolean {
  return /^verify-[0-9a-f]+-own-key$/.test(orgId);
}

/** The id of a run, made from a unique one. */
export function runIdFrom(uniqueId: string): string {
  return uniqueId.replaceAll('-', '').slice(0, 12);
}

/** One run of the suite, as it is stored before it makes anything. */
export interface VerificationRun {
  runId: string;
  /** Every throw-away organisation that the run may use. */
  organisations: readonly string[];
  /** Hashes of the definitions of its tools. */
  toolHashes: readonly string[];
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601: after this moment the run is certainly over, with its claims and its unresolved creates. */
  endsBefore: string;
}

/**
 * The runs that were not cleaned up after yet. A run is stored first and removed last: so the next run knows what a
 * crashed one left behind, and leaves alone what a run that is going on has made.
 */
export interface VerificationRuns {
  open(run: VerificationRun): Promise<void>;
  list(): Promise<VerificationRun[]>;
  close(run: VerificationRun): Promise<void>;
}

/** No name of a real organisation may begin with this. */
const PREFIX = 'verify-';

/** The organisation whose secret, if there is one, is the key for trying the case of an own key. */
export const OWN_KEY_ORGANISATION = 'verify-own-key';

/** The purpose in the names of the throw-away organisations for that case. */
export const OWN_KEY_PURPOSE = 'own-key';

/** Name of the throw-away organisation of a run for a purpose (small letters and hyphens). */
export function throwAwayOrganisation(runId: string, purpose: string): string {
  return `${PREFIX}${runId}-${purpose}`;
}

/** True for an organisation, of any run, that tries the case of an own key. */
export function triesOwnKey(orgId: string): boolean {
  return /^verify-[0-9a-f]+-own-key$/.test(orgId);
}

/** The id of a run, made from a unique one. */
export function runIdFrom(uniqueId: string): string {
  return uniqueId.replaceAll('-', '').slice(0, 12);
}

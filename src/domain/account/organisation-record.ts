/** What a drift run may do: nothing, look and report, or put right what it finds. */
export const DRIFT_MODES = ['off', 'report', 'heal'] as const;
export type DriftMode = (typeof DRIFT_MODES)[number];

/**
 * What is known of an organisation apart from its assistants: what it had before this service, and its own rules for
 * drift runs.
 */
export interface OrganisationRecord {
  vapiAssistantId?: string;
  vapiPhoneNumberId?: string;
  /** What drift runs may do to this organisation; overrides the mode of the deployment. */
  driftMode?: DriftMode;
  /** JSON Pointers that drift runs do not compare, in addition to those of the deployment. */
  driftIgnore?: readonly string[];
}

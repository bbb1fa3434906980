/** What a drift run may do: nothing, look and report, or put right what it finds. */
export const DRIFT_MODES = ['off', 'report', 'heal'] as const;
export type DriftMode = (typeof DRIFT_MODES)[number];

/** The organisation record: what was known of an organisation before this service. */
export interface OrganisationRecord {
  vapiAssistantId?: string;
  vapiPhoneNumberId?: string;
  /** What drift runs may do to this organisation, in the place of what the deployment says. */
  driftMode?: DriftMode;
  /** JSON Pointers that drift runs do not compare, besides those of the deployment. */
  driftIgnore?: readonly string[];
}

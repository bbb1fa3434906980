import type { Resource } from '../../account/vapi-account.ts';
import { ASSISTANT_FIELDS, MAX_CONFIG_BYTES } from '../../configuration/assistant-request.ts';
import { hashOf } from '../../configuration/canonical-hash.ts';
import { type Configuration, metadataOf, ownership } from '../../configuration/configuration.ts';
import { summarise } from '../../configuration/summary.ts';
import type { JsonObject } from '../../json.ts';
import { givingBackAfterFailure, type HeldClaim } from '../../mapping/hold-claim.ts';
import type { Operation } from '../../operation.ts';
import { Problem } from '../../problem.ts';

/** Keeps an imported assistant as it is as an entry of its history, so that a rollback can undo the first PUT. */
export async function keepSnapshot(
  operation: Operation,
  { held, assistant }: { held: HeldClaim; assistant: Resource },
): Promise<void> {
  const snapshot = snapshotOf(assistant, ownership(operation.key, operation.deployment));
  if (!snapshot) return;
  // It was in force at Vapi, which makes it an entry of the history.
  const kept = { summary: summarise(assistant.config), at: held.claim.startedAt, appliedBefore: [snapshot.specHash] };
  await givingBackAfterFailure(operation, held, () => operation.specs.save(operation.key, { ...snapshot, ...kept }));
}

interface Snapshot extends Configuration {
  specHash: string;
}

/** The fields of a snapshot: all but `credentials`, which may hold keys of other providers. */
const SNAPSHOT_FIELDS = ASSISTANT_FIELDS.filter((field) => field !== 'credentials');

/** Undefined when it cannot be stored: too large for the table, or without a canonical form. */
function snapshotOf({ config }: Resource, owner: JsonObject): Snapshot | undefined {
  const fields = Object.entries(config).filter(([name, value]) => SNAPSHOT_FIELDS.includes(name) && value !== null);
  const payload = { ...Object.fromEntries(fields), metadata: { ...metadataOf(config), ...owner } };
  if (Buffer.byteLength(JSON.stringify(payload)) > MAX_CONFIG_BYTES) return undefined;
  try {
    return { payload, tools: [], specHash: hashOf(payload) };
  } catch (error) {
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

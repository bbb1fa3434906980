import { openAccessSession } from '../account/access-session.ts';
import type { Access } from '../account/credentials.ts';
import type { AssistantVersion } from '../account/vapi-account.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { sendOrRecord } from '../send-task.ts';
import type { TaskEnd } from '../task.ts';

/** Has the worker name the version that was just written, where the account is known to have versions. Never throws. */
export async function askForName(operation: Operation, { apiKey }: Access, specHash: string): Promise<void> {
  if (!operation.vapi.open(apiKey, operation.deadline).traffic.hasAccess) return;
  const task = { kind: 'name-version', ...operation.key, operationId: operation.id, specHash } as const;
  await sendOrRecord(operation, task, (cause) => ({ code: 'VERSION_NOT_NAMED', cause }));
}

/** Vapi's clock and ours may be this far apart, in ms. */
const CLOCK_MARGIN_MS = 5_000;

/** Digits of the hash in a name, and the longest name that Vapi takes. */
const HASH_DIGITS = 12;
const LONGEST_NAME = 80;

/**
 * Names the version that holds a configuration, after the operation and the hash. Best effort: a version that was
 * replaced since, or that Vapi does not let be named, stays without a name.
 */
export async function nameVersion(operation: Operation, specHash: string): Promise<TaskEnd> {
  try {
    return { kind: 'done', outcome: await nameIt(operation, specHash) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    operation.journal.record({ code: 'VERSION_NOT_NAMED', cause: error.code });
    return { kind: 'done', outcome: 'not-named' };
  }
}

async function nameIt(operation: Operation, specHash: string): Promise<string> {
  const view = await operation.mappings.read(operation.key.orgId);
  const mapping = mappingOf(view, operation.key);
  if (!mapping?.assistantId || mapping.claim || mapping.specHash !== specHash) return 'superseded';
  const { assistantId, updatedAt } = mapping;
  const access = await openAccessSession(operation).access(async () => view.record);
  const { traffic } = operation.vapi.open(access.apiKey, operation.deadline);
  const latest = Date.parse(updatedAt) + CLOCK_MARGIN_MS;
  const isFromThen = ({ createdAt }: AssistantVersion) => Date.parse(createdAt) <= latest;
  const applied = (await traffic.versions(assistantId)).find(isFromThen);
  if (!applied || applied.name) return applied ? 'named-already' : 'no-versions';
  await traffic.nameVersion(assistantId, applied.version, nameOf(operation.id, specHash));
  operation.journal.record({ code: 'VERSION_NAMED', assistantId, version: applied.version });
  return 'named';
}

/** The id of an operation may be longer than a name: one of a rollout has those of the rollout and the organisation. */
function nameOf(operationId: string, specHash: string): string {
  return `${operationId.slice(0, LONGEST_NAME - HASH_DIGITS - 1)} ${specHash.slice(0, HASH_DIGITS)}`;
}

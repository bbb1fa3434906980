import { type AccessSession, openAccessSession } from '../../account/access-session.ts';
import type { Access } from '../../account/credentials.ts';
import type { Resource } from '../../account/vapi-account.ts';
import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { MANAGED_BY, metadataOf, ownership } from '../../configuration/configuration.ts';
import { summarise } from '../../configuration/summary.ts';
import { type AssistantMapping, NO_TOOLS } from '../../mapping/assistant-mapping.ts';
import { isHeld, mayBePrecededByCreate } from '../../mapping/claim.ts';
import { giveBack, type HeldClaim, takeClaim } from '../../mapping/hold-claim.ts';
import { mappingOf, nameOfRoleWith, type OrganisationView } from '../../mapping/organisation-view.ts';
import { assertTimeLeft, waitForClaim } from '../../mapping/wait-for-claim.ts';
import type { Operation } from '../../operation.ts';
import { Problem } from '../../problem.ts';
import type { Deadline, Runtime } from '../../runtime.ts';
import { finalise } from '../finalise.ts';
import { ownAssistant } from '../own-assistant.ts';
import { markAssistant, markMapped } from './mark-assistant.ts';
import { keepSnapshot } from './snapshot.ts';

interface ImportRequest {
  assistantId: string;
  /** True: only look and check, write nothing. */
  observeOnly: boolean;
  /** True: also write our metadata to the assistant, so that its owner is known even when the table is lost. */
  mark?: boolean;
}

/** `why` is a sentence that says what to do. */
export type ImportResult =
  | { kind: 'imported' }
  | { kind: 'importable' }
  | { kind: 'mapped-already' }
  | { kind: 'refused'; why: string };

/**
 * How long an import holds its claim, in ms: between claim and record it only writes to the table, and a row whose
 * import was interrupted is free again soon.
 */
const WRITING_MS = 5_000;

/**
 * Maps an assistant that exists at Vapi without changing it: one GET, no PATCH, no POST. As no configuration is
 * applied, nothing of the assistant is compared or cleared; a snapshot of it is kept in the history. May be repeated: a
 * mapped assistant is skipped. With `mark`, one PATCH of the metadata, unless it is there already. Throws `Problem`s
 * when it is not known whether the assistant may be mapped.
 */
export async function importAssistant(operation: Operation, request: ImportRequest): Promise<ImportResult> {
  const credentials = openAccessSession(operation);
  for (let round = 0; ; round += 1) {
    const result = await credentials.reauthorising(() => tryOnce(operation, { credentials, request, round }));
    if (result) return result;
    assertTimeLeft(operation);
  }
}

interface Round {
  credentials: AccessSession;
  request: ImportRequest;
  round: number;
}

async function tryOnce(
  operation: Operation,
  { credentials, request, round }: Round,
): Promise<ImportResult | undefined> {
  const view = await operation.mappings.read(operation.key.orgId);
  const mapping = mappingOf(view, operation.key);
  const isToMark = request.mark === true && !request.observeOnly;
  const settled = fromMappings(view, operation.key, request.assistantId);
  if (settled?.kind === 'mapped-already' && isToMark && mapping) {
    const access = await credentials.freshAccess(view.record);
    return (await markMapped(operation, { mapping, access })) ? settled : undefined;
  }
  if (settled) return settled;
  const claim = mapping?.claim;
  if (claim && isHeld(claim, operation.runtime.now())) return void (await waitForClaim(operation, { claim, round }));
  if (claim && mayBePrecededByCreate(claim)) {
    return refused('cannot be mapped while the outcome of a creation is unknown; PUT or DELETE first, and look at GET');
  }
  return await importFound(operation, { view, mapping, credentials, request, isToMark });
}

interface Importing extends Omit<Round, 'round'> {
  view: OrganisationView;
  mapping: AssistantMapping | undefined;
  isToMark: boolean;
}

async function importFound(
  operation: Operation,
  { view, mapping, credentials, request, isToMark }: Importing,
): Promise<ImportResult | undefined> {
  const access = await credentials.freshAccess(view.record);
  const found = await operation.vapi.open(access.apiKey, operation.deadline).assistants.get(request.assistantId);
  if (found.kind === 'missing') return refused(`is not in ${accountName(access)}; correct the id, or the key`);
  const foreign = await ownedByAnother(operation, { assistant: found.resource, access });
  if (foreign) return foreign;
  if (request.observeOnly) return { kind: 'importable' };
  return await record(operation, { mapping, access, assistant: found.resource, isToMark });
}

function refused(why: string): ImportResult {
  return { kind: 'refused', why };
}

function accountName({ scope }: Access): string {
  return scope === 'org' ? 'the account of the organisation’s own key' : 'the platform’s account';
}

/** The result as far as the rows of the organisation decide it; undefined when Vapi has to be asked. */
function fromMappings(view: OrganisationView, key: AssistantKey, assistantId: string): ImportResult | undefined {
  const mapping = mappingOf(view, key);
  if (mapping?.assistantId === assistantId) return { kind: 'mapped-already' };
  if (mapping?.assistantId) {
    return refused(`cannot be mapped: ${mapping.assistantId} is. DELETE that one first, or drop this line`);
  }
  const other = nameOfRoleWith(view, assistantId);
  if (other) return refused(`serves the ${other} role already; each role has an assistant of its own`);
  return undefined;
}

/**
 * Whether another owner has the assistant, by its metadata or by a mapping: an imported assistant has no metadata of
 * ours.
 */
async function ownedByAnother(
  { deployment, owners, key }: Operation,
  { assistant, access }: { assistant: Resource; access: Access },
): Promise<ImportResult | undefined> {
  const metadata = metadataOf(assistant.config);
  const wanted = ownership(key, deployment);
  const isMarked = metadata.managedBy === MANAGED_BY;
  if (isMarked && Object.entries(wanted).some(([name, value]) => metadata[name] !== value)) {
    return refused('belongs to another organisation, role or deployment, as its metadata says');
  }
  const [owner] = await owners.ownersOf(assistant, { orgId: key.orgId, scope: access.scope });
  return owner && refused(`is mapped already, to ${owner.orgId}/${owner.role}`);
}

interface Recording {
  mapping: AssistantMapping | undefined;
  access: Access;
  assistant: Resource;
  isToMark: boolean;
}

/** Undefined when another operation was faster: look again. */
async function record(
  operation: Operation,
  { mapping, access, assistant, isToMark }: Recording,
): Promise<ImportResult | undefined> {
  // With a PATCH in between, the claim lasts as long as the operation.
  const soon = within(WRITING_MS, operation.deadline, operation.runtime);
  const writing = { ...operation, deadline: isToMark ? operation.deadline : soon };
  const held = await takeClaim(writing, { mapping, operation: 'adopt', scope: access.scope, retire: [] });
  if (!held) return undefined;
  const refusal = await ownUnlessTaken(writing, { held, assistant, scope: access.scope });
  if (refusal) return refusal;
  await keepSnapshot(writing, { held, assistant });
  if (isToMark) await markAssistant(writing, { held, assistant, access });
  const retiring = held.row.retiring.filter(({ assistantId }) => assistantId !== assistant.id);
  // Tools and number stay as they are too: the first PUT decides about them.
  const dependents = { tools: NO_TOOLS, phoneNumber: null, formerNumbers: [] };
  const outcome = await finalise(writing, {
    held,
    assistant,
    access,
    retiring,
    dependents,
    summary: summarise(assistant.config),
    hasChanged: true,
    made: false,
  });
  if (outcome.kind === 'start-over') return undefined;
  operation.journal.record({ code: 'ASSISTANT_ADOPTED', assistantId: assistant.id });
  return { kind: 'imported' };
}

/** Notes the owner of the assistant. When it has another one, gives the row back and refuses. */
async function ownUnlessTaken(
  operation: Operation,
  { held, assistant, scope }: { held: HeldClaim; assistant: Resource; scope: Access['scope'] },
): Promise<ImportResult | undefined> {
  try {
    await ownAssistant(operation, { assistant, scope, token: held.claim.token });
    return undefined;
  } catch (error) {
    await giveBack(operation, { held });
    if (error instanceof Problem && error.code === 'ASSISTANT_TAKEN')
      return refused('is mapped already, by another line or call');
    throw error;
  }
}

function within(ms: number, { remainingMs }: Deadline, { now }: Runtime): Deadline {
  const ends = now() + ms;
  return { remainingMs: () => Math.min(remainingMs(), Math.max(0, ends - now())) };
}

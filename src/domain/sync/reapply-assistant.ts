import { type AccessSession, openAccessSession } from '../account/access-session.ts';
import type { OrganisationRecord } from '../account/organisation-record.ts';
import type { TrafficWish } from '../configuration/assistant-request.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import { annotateMapping } from '../mapping/annotate-mapping.ts';
import type { AssistantMapping, LinkedTool } from '../mapping/assistant-mapping.ts';
import { isBeingRemoved } from '../mapping/claim.ts';
import { mappingOf, type OrganisationView } from '../mapping/organisation-view.ts';
import type { MappingChange } from '../mapping/stores.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { TaskEnd } from '../task.ts';
import { registerTool } from '../tools/register-tool.ts';
import { desireStored } from './desire-stored.ts';
import { ensureAssistant } from './ensure-assistant.ts';
import { updateNumbers } from './update-numbers.ts';

/**
 * Makes the assistant equal to the configuration that was applied last, and updates its dependents: registers missing
 * tools, links all tools at once, and points the phone number to the assistant. A newer configuration that is applied
 * meanwhile wins. Throws `Problem`s that waiting does not solve.
 */
export async function reapplyAssistant(operation: Operation, traffic?: TrafficWish): Promise<TaskEnd> {
  const credentials = openAccessSession(operation);
  try {
    for (;;) {
      const end = await credentials.reauthorising(() => reapply(operation, { credentials, traffic }));
      if (end) return end;
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.code === 'PRECONDITION_FAILED') return { kind: 'done', outcome: 'superseded' };
    if (error.retryAfterSeconds === undefined) throw error;
    return { kind: 'later', reason: error.code, afterSeconds: error.retryAfterSeconds };
  }
}

async function reapply(
  operation: Operation,
  { credentials, traffic }: { credentials: AccessSession; traffic: TrafficWish | undefined },
): Promise<TaskEnd | undefined> {
  const applied = await lastApplied(operation);
  if (!applied) return { kind: 'done', outcome: 'nothing-applied' };
  const { desired, view } = applied;
  const { record } = view;
  const tools = await registerAll(operation, { desired, record, credentials });
  if (tools.kind === 'later') {
    // The phone number does not wait for a tool.
    await updateNumbers(operation, { mapping: applied.mapping, credentials });
    return { kind: 'later', reason: 'TOOL_UNRESOLVED', afterSeconds: tools.afterSeconds };
  }
  const { mapping, outcome } = await ensureAssistant(operation, {
    desired,
    traffic,
    view,
    expected: { specHash: applied.mapping.specHash },
    seenTools: tools.kind === 'registered' ? tools.linked : [],
  });
  if (tools.kind === 'refused') await annotateMapping(operation, mapping, refusedBy(mapping, tools.detail));
  if (!(await updateNumbers(operation, { mapping, credentials }))) {
    return { kind: 'later', reason: 'CHANGED_MEANWHILE', afterSeconds: 1 };
  }
  // A tool was deleted at Vapi after it was registered: start again.
  if (tools.kind === 'registered' && mapping.tools.status === 'pending') {
    return { kind: 'later', reason: 'TOOL_GONE', afterSeconds: 1 };
  }
  return { kind: 'done', outcome: tools.kind === 'refused' ? 'tools-refused' : outcome };
}

interface Reapplied {
  mapping: AssistantMapping & { specHash: string };
  /** The rows that the mapping was read with. */
  view: OrganisationView;
  desired: DesiredAssistant;
}

async function lastApplied(operation: Operation): Promise<Reapplied | undefined> {
  const { key, journal } = operation;
  const view = await operation.mappings.read(key.orgId);
  const mapping = mappingOf(view, key);
  if (!mapping?.specHash || isBeingRemoved(mapping.claim)) return undefined;
  const { specHash } = mapping;
  const configuration = await operation.specs.load(key, specHash);
  if (!configuration) {
    journal.record({ code: 'CONFIGURATION_MISSING', specHash });
    return undefined;
  }
  const { record } = view;
  const untouched = [...operation.driftIgnore, ...(record?.driftIgnore ?? [])];
  const desired = desireStored(operation, { ...configuration, specHash });
  return { mapping: { ...mapping, specHash }, view, desired: { ...desired, untouched } };
}

type ToolsOutcome =
  | { kind: 'registered'; linked: readonly LinkedTool[] }
  | { kind: 'later'; afterSeconds: number }
  | { kind: 'refused'; detail: string };

interface Registration {
  desired: DesiredAssistant;
  record: OrganisationRecord | undefined;
  credentials: AccessSession;
}

/** Registers all tools, also when one is refused. */
async function registerAll(
  operation: Operation,
  { desired, record, credentials }: Registration,
): Promise<ToolsOutcome> {
  if (desired.tools.length === 0) return { kind: 'registered', linked: [] };
  const access = await credentials.freshAccess(record);
  const refusals: string[] = [];
  const linked: LinkedTool[] = [];
  let afterSeconds = 0;
  for (const tool of desired.tools) {
    try {
      const registered = await registerTool(operation, { tool, access });
      if (registered.kind === 'later') afterSeconds = Math.max(afterSeconds, registered.afterSeconds);
      else linked.push({ hash: tool.hash, toolId: registered.toolId });
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'VAPI_REJECTED')) throw error;
      operation.journal.record({ code: 'TOOL_REFUSED', tool: tool.hash });
      refusals.push(error.message);
    }
  }
  if (refusals.length > 0) return { kind: 'refused', detail: refusals.join('; ') };
  return afterSeconds > 0 ? { kind: 'later', afterSeconds } : { kind: 'registered', linked };
}

/**
 * The longest refusal of Vapi that a mapping keeps, in characters. A cut may split a surrogate pair, and DynamoDB takes
 * valid Unicode only.
 */
const MAX_REFUSAL = 1_000;

function refusedBy({ tools }: AssistantMapping, detail: string): MappingChange {
  return { tools: { ...tools, refused: detail.slice(0, MAX_REFUSAL).toWellFormed() } };
}

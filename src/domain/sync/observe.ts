import type { Access } from '../account/credentials.ts';
import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import { ROLES, type Role } from '../configuration/assistant-key.ts';
import { type DesiredAssistant, MANAGED_BY, metadataOf } from '../configuration/configuration.ts';
import { shapeMark } from '../configuration/shape.ts';
import type { JsonObject } from '../json.ts';
import type { AssistantMapping, LinkedTool } from '../mapping/assistant-mapping.ts';
import { isHeld } from '../mapping/claim.ts';
import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { findTools } from '../tools/find-tools.ts';
import type { Observation } from './decide.ts';
import { findStrays } from './strays.ts';

interface ObserveInput {
  desired: DesiredAssistant;
  mapping: AssistantMapping | undefined;
  access: Access;
  /** Token of a claim that this operation has waited for. */
  awaitedToken: string | undefined;
  /** Tools that are known to be gone at Vapi. */
  goneTools: ReadonlySet<string>;
  /** Tools that the caller has just registered, or seen at Vapi. */
  seenTools: readonly LinkedTool[];
  /** Assistants that the other roles of the organisation have. */
  ofOtherRoles: readonly string[];
}

/** Looks at Vapi as far as the decision needs it; not at all while another operation is acting. Only reads. */
export async function observe(operation: Operation, input: ObserveInput): Promise<Observation> {
  const { mapping, access } = input;
  if (mapping?.claim && isHeld(mapping.claim, operation.runtime.now())) return NOTHING_SEEN;
  if (wasAppliedMeanwhile(input)) return { ...NOTHING_SEEN, appliedMeanwhile: true };
  const account = operation.vapi.open(access.apiKey, operation.deadline);
  const [mapped, strays, lastApplied, tools] = await Promise.all([
    mapping?.assistantId && mapping.scope === access.scope ? lookAt(account, mapping, mapping.assistantId) : undefined,
    findStrays(operation, { mapping, access }),
    loadLastApplied(operation, input),
    findTools(operation, { ...input, gone: input.goneTools, seen: input.seenTools }),
  ]);
  const needsNamed = mapped?.kind !== 'live' && strays.length === 0;
  const named = needsNamed ? await lookAtNamed(operation, { account, input }) : undefined;
  const seen = { mapped, named };
  return { ...seen, strays, lastApplied, tools, appliedMeanwhile: false };
}

const NOTHING_SEEN: Observation = {
  strays: [],
  lastApplied: [],
  tools: { kind: 'unknown' },
  appliedMeanwhile: false,
};

/**
 * True when another operation applied the wanted configuration while this one waited: the assistant equalled it at a
 * moment within this operation, so nothing need be looked at.
 */
function wasAppliedMeanwhile({ mapping, desired, awaitedToken }: ObserveInput): boolean {
  return (
    awaitedToken !== undefined &&
    mapping?.finalisedBy === awaitedToken &&
    mapping.claim === undefined &&
    mapping.retiring.length === 0 &&
    mapping.specHash === desired.specHash
  );
}

/**
 * The assistant by its id. A 404 counts only from the account that made it: with a key of another account every
 * assistant looks deleted, and would be made again beside the one that still answers calls.
 */
export async function lookAt(
  account: VapiAccount,
  mapping: AssistantMapping,
  assistantId: string,
): Promise<NonNullable<Observation['mapped']>> {
  const found = await account.assistants.get(assistantId);
  if (found.kind === 'found') return { kind: 'live', assistant: found.resource };
  if (account.keyFingerprint !== mapping.keyFingerprint) await assertSameAccount(account, mapping);
  return { kind: 'missing' };
}

/**
 * For a key that did not make the assistant: throws `CREDENTIALS_INVALID` unless what it shows proves that it opens the
 * same account.
 */
export async function assertSameAccount(
  account: VapiAccount,
  { vapiOrgId, assistantId }: AssistantMapping,
): Promise<void> {
  const whose = await account.whose();
  if (whose && whose === vapiOrgId) return;
  const shown = whose ? `account ${whose}` : 'an account without any assistant, tool or phone number';
  throw new Problem(
    'CREDENTIALS_INVALID',
    `The Vapi key is a new one and opens ${shown}, but assistant ${assistantId ?? ''} was made in account ${vapiOrgId ?? ''}. Restore a key of that account; see "Moved account" in the runbook if the move is meant.`,
  );
}

/**
 * Loads the configurations whose fields may have to be cleared. The last one is skipped when it has the shape of the
 * wanted one: nothing of it is left to clear.
 */
async function loadLastApplied(operation: Operation, { mapping, desired }: ObserveInput): Promise<JsonObject[]> {
  const { specHash: last, specShape = '', attempted = [] } = mapping ?? {};
  const hashes = new Set([...(last ? [last] : []), ...attempted.map(({ specHash }) => specHash)]);
  hashes.delete(desired.specHash);
  const needed = [...hashes].filter((hash) => hash !== last || shapeMark(hash, desired.payload) !== specShape);
  const specs = await Promise.all(needed.map((hash) => operation.specs.load(operation.key, hash)));
  return specs.flatMap((spec) => (spec ? [spec.payload] : []));
}

/**
 * The assistant that the organisation had before this service. It serves the role that its metadata names, else
 * inbound: an organisation names one such id and has two roles, which must never share one assistant.
 */
async function lookAtNamed(
  { deployment, key, journal }: Operation,
  { account, input }: { account: VapiAccount; input: ObserveInput },
): Promise<Resource | undefined> {
  const assistantId = input.access.namedAssistantId ?? retiredHere(input);
  if (!assistantId || assistantId === input.mapping?.assistantId) return undefined;
  if (input.ofOtherRoles.includes(assistantId)) return undefined;
  const found = await account.assistants.get(assistantId);
  if (found.kind === 'missing') {
    journal.record({ code: 'KNOWN_ASSISTANT_MISSING', assistantId });
    return undefined;
  }
  if (mayServe(found.resource, key.role)) {
    const foreign = ownedByAnother(found.resource, { orgId: key.orgId, deployment });
    if (!foreign) return found.resource;
    journal.record({ code: 'KNOWN_ASSISTANT_FOREIGN', assistantId });
  }
  return undefined;
}

/** The assistant that was left in this account when the organisation lost its key, and can be used again. */
function retiredHere({ mapping, access }: ObserveInput): string | undefined {
  return mapping?.retiring.find(({ scope }) => scope === access.scope && scope !== mapping.scope)?.assistantId;
}

function mayServe({ config }: Resource, role: Role): boolean {
  const named = metadataOf(config).role;
  return (ROLES.find((name) => name === named) ?? 'inbound') === role;
}

function ownedByAnother({ config }: Resource, owner: { orgId: string; deployment: string }): boolean {
  const { managedBy, orgId, deployment } = metadataOf(config);
  return managedBy === MANAGED_BY && (orgId !== owner.orgId || deployment !== owner.deployment);
}

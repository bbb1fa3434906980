import type { Access } from '../account/credentials.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import { shapeMark } from '../configuration/shape.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import type { AssistantMapping, Attempt, LiveState, Retiree, TemplateBinding } from '../mapping/assistant-mapping.ts';
import { changeMark } from '../mapping/change-mark.ts';
import { isHeld } from '../mapping/claim.ts';
import { endClaim, type HeldClaim } from '../mapping/hold-claim.ts';
import { mappingOf } from '../mapping/organisation-view.ts';
import { waitForClaim } from '../mapping/wait-for-claim.ts';
import type { Operation } from '../operation.ts';
import type { Problem } from '../problem.ts';
import type { Dependents } from './decide.ts';
import { retireAssistants } from './retire-assistants.ts';

interface FinaliseInput {
  held: HeldClaim;
  assistant: Resource;
  access: Access;
  /** The configuration that was applied; absent when the assistant is only recorded as it is. */
  applied?: Pick<DesiredAssistant, 'specHash' | 'payload'>;
  /** The template to bind the assistant to; null: to none; absent: the binding stays as it is. */
  binding?: TemplateBinding | null | undefined;
  retiring: readonly Retiree[];
  dependents: Dependents;
  summary: SpecSummary;
  /** What callers hear; absent when it was not looked at. */
  live?: LiveState | undefined;
  /** False when only the row was put in order, and the assistant did not change. */
  hasChanged: boolean;
  /** True when this operation created the assistant. */
  made: boolean;
}

/**
 * `start-over`: the situation has changed since the plan was made; look again and decide anew. `unremoved`: assistants
 * that this operation made, that no mapping names, and that could not be removed yet.
 */
export type CarriedOut = Done | StartOver;

interface Done {
  kind: 'done';
  mapping: AssistantMapping;
  /** Why callers do not hear the newest version, though the request asked for it. */
  problem?: Problem;
}

export interface StartOver {
  kind: 'start-over';
  unremoved: readonly Retiree[];
  /** Tools of ours that are gone at Vapi. */
  goneTools: readonly string[];
}

/**
 * Records what is live, if the claim is still ours. If it is not, removes the assistant that we made, unless a mapping
 * names it, and has the operation start over.
 */
export async function finalise(operation: Operation, input: FinaliseInput): Promise<CarriedOut> {
  const { held, assistant, access, applied, retiring, dependents, summary, live } = input;
  const now = operation.runtime.now();
  // A PATCH with another configuration may still arrive: a later call has to clear what it adds.
  const mayLand = ({ specHash: other, until }: Attempt) => other !== applied?.specHash && now < Date.parse(until);
  const change = {
    assistantId: assistant.id,
    assistantCreatedAt: assistant.createdAt,
    scope: access.scope,
    vapiOrgId: assistant.vapiOrgId,
    keyFingerprint: access.apiKey.fingerprint,
    specHash: applied?.specHash,
    ...(applied ? { specShape: shapeMark(applied.specHash, applied.payload) ?? null } : {}),
    template: input.binding,
    summary,
    live,
    ...(input.hasChanged ? changeMark(held.row, held.claim.by, now) : {}),
    attempted: held.row.attempted.filter(mayLand),
    finalisedBy: held.claim.token,
    claim: null,
    tools: dependents.tools,
    phoneNumber: dependents.phoneNumber,
    formerNumbers: dependents.formerNumbers,
    retiring,
  } as const;
  const result = await endClaim(operation, { held, transition: 'finalise', change });
  if (result.kind === 'written' && result.row) {
    const { revision } = result.row;
    operation.journal.record({ code: 'MAPPING_FINALISED', assistantId: assistant.id, revision });
    return { kind: 'done', mapping: result.row };
  }
  operation.journal.record({ code: 'CLAIM_LOST', assistantId: assistant.id });
  const unremoved = input.made ? await disownUnlessMapped(operation, input) : [];
  return { kind: 'start-over', unremoved, goneTools: [] };
}

/**
 * Another operation took the claim over. It either found our assistant, and the row names it, or our assistant has to
 * be removed. While that operation is acting the outcome is unknown, so its claim is waited for. Throws
 * `SYNC_IN_PROGRESS` when time runs out first; what is left then carries our metadata. Returns the assistant when it
 * could not be removed.
 */
async function disownUnlessMapped(operation: Operation, { assistant, access }: FinaliseInput): Promise<Retiree[]> {
  for (let round = 0; ; round += 1) {
    const mapping = mappingOf(await operation.mappings.read(operation.key.orgId), operation.key);
    if (mapping?.assistantId === assistant.id) return [];
    const claim = mapping?.claim;
    if (!claim || !isHeld(claim, operation.runtime.now())) break;
    await waitForClaim(operation, { claim, round });
  }
  const retirees = [{ assistantId: assistant.id, scope: access.scope }];
  return await retireAssistants(operation, { retirees, access });
}

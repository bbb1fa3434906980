import type { Access } from '../account/credentials.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import { shapeMark } from '../configuration/shape.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import {
  type AssistantMapping,
  type Attempt,
  type LiveState,
  mappingOf,
  type Retiree,
  type TemplateBinding,
} from '../mapping/assistant-mapping.ts';
import { changeMark } from '../mapping/change-mark.ts';
import { isHeld } from '../mapping/claim.ts';
import { endClaim, type HeldClaim } from '../mapping/hold-claim.ts';
import { waitForClaim } from '../mapping/wait-for-claim.ts';
import type { Operation } from '../operation.ts';
import type { Problem } from '../problem.ts';
import type { Dependents } from './decide.ts';
import { retireAssistants } from './retire-assistants.ts';

interface FinaliseInput {
  held: HeldClaim;
  assistant: Resource;
  access: Access;
  /** The configuration that was applied; absent when the assistant was only recorded, as it is. */
  applied?: Pick<DesiredAssistant, 'specHash' | 'payload'>;
  /** The template that it is bound to; null: to none; absent: that stays as it is. */
  binding?: TemplateBinding | null | undefined;
  retiring: readonly Retiree[];
  dependents: Dependents;
  summary: SpecSummary;
  /** What callers hear; absent when that was not looked at. */
  live?: LiveState | undefined;
  /** False when nothing was done to the assistant, but that the row is in order again. */
  hasChanged: boolean;
  /** True when this operation created the assistant. */
  made: boolean;
}

/**
 * `start-over`: what the plan was made from is no longer so; look again and decide anew. `unremoved` were made by this
 * operation, are not the one that counts, and could not be removed yet.
 */
export type CarriedOut = Done | StartOver;

interface Done {
  kind: 'done';
  mapping: AssistantMapping;
  /** Why callers do not hear it, though that was asked for. */
  problem?: Problem;
}

export interface StartOver {
  kind: 'start-over';
  unremoved: readonly Retiree[];
  /** Tools of ours that Vapi was seen not to have. */
  goneTools: readonly string[];
}

/**
 * Records what is live, on condition that the claim is still ours. When it is not, an assistant that we made and that
 * no mapping names is removed again, and the operation starts over.
 */
export async function finalise(operation: Operation, input: FinaliseInput): Promise<CarriedOut> {
  const { held, assistant, access, applied, retiring, dependents, summary, live } = input;
  const now = operation.runtime.now();
  // A late PATCH of another configuration may still land: what it adds has to be cleared by a later call.
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
    ...(input.hasChanged ? changeMark(held.mapping, held.claim.by, now) : {}),
    attempted: held.mapping.attempted.filter(mayLand),
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
 * Somebody took the claim over. Either they found our assistant and the row names it, or it has to go. While they are
 * acting the outcome is unknown, so their claim is waited for. Throws `SYNC_IN_PROGRESS` when time runs out first; what
 * is left then carries our metadata. Returns the assistant when it could not be removed.
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

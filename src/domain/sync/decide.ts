import type { Scope } from '../account/scope.ts';
import type { Resource } from '../account/vapi-account.ts';
import { compareTexts } from '../compare-texts.ts';
import { type DesiredAssistant, metadataOf } from '../configuration/configuration.ts';
import { type AssistantPatch, patchAssistant } from '../configuration/patch.ts';
import { leaveAsLive } from '../configuration/untouched.ts';
import type { JsonObject } from '../json.ts';
import type {
  AssistantMapping,
  FormerNumber,
  LinkedTool,
  PhoneNumberState,
  Retiree,
  ToolsState,
} from '../mapping/assistant-mapping.ts';
import { type Claim, isBeingRemoved, isHeld, mayHaveCreated, settlesAt } from '../mapping/claim.ts';
import { formerNumbers, isSamePhoneNumber, nextPhoneNumber } from '../phone-number/phone-number.ts';
import { formerToolIds, isSameTools, nextToolsState, type ToolsFound, withToolIds } from '../tools/link-tools.ts';

/** An assistant that is ours by its metadata and that no mapping names. */
export interface Stray {
  assistant: Resource;
  scope: Scope;
}

/** What was seen at Vapi. What was not looked at is absent. */
export interface Observation {
  /** The assistant that the mapping names; absent when it lives in another account than the one now used. */
  mapped?: { kind: 'live'; assistant: Resource } | { kind: 'missing' };
  /** The assistant that the organisation had before this service. */
  named?: Resource;
  /** Assistants that a crashed holder made. */
  strays: readonly Stray[];
  /** Configurations that were, or may have been, applied before the wanted one. */
  lastApplied: readonly JsonObject[];
  /** Tools at Vapi with the wanted definitions. */
  tools: ToolsFound;
  /** True when another operation applied the same configuration while this one waited for its claim. */
  appliedMeanwhile: boolean;
}

export interface DecideInput {
  desired: DesiredAssistant;
  mapping: AssistantMapping | undefined;
  observation: Observation;
  /** The account that the organisation uses now. */
  scope: Scope;
  /** The number that the assistant is to answer. */
  phoneNumberId?: string;
  /** Assistants that this operation made and could not remove again. */
  unremoved: readonly Retiree[];
  /** Tools that are known to be gone at Vapi. */
  goneTools?: ReadonlySet<string>;
  /** Epoch ms. */
  now: number;
}

export type Plan =
  | { kind: 'wait'; claim: Claim }
  /** It is not known whether an earlier create, or an earlier removal, had an effect. */
  | { kind: 'unresolved'; of: 'create' | 'delete'; settlesAt: number }
  | { kind: 'unchanged'; assistantId: string }
  | ({ kind: 'update'; assistant: Resource; patch: AssistantPatch } & Dependents & Retirees)
  | ({ kind: 'adopt'; assistant: Resource; patch: AssistantPatch } & Dependents & Retirees)
  | ({ kind: 'create'; cause: 'new' | 'deleted' | 'moved'; payload: JsonObject } & Dependents & Retirees);

/** The tools and the phone number that the mapping will name. */
export interface Dependents {
  tools: ToolsState;
  phoneNumber: PhoneNumberState | null;
  formerNumbers: readonly FormerNumber[];
}

/** Assistants of ours beside the one that is kept. */
interface Retirees {
  /** To be removed now. */
  retire: readonly Retiree[];
  /** In an account whose key is gone: kept in the row, as the organisation may get its key back. */
  unreachable: readonly Retiree[];
}

/**
 * Decides what to do so that there is exactly one assistant and it is as wanted. Pure: the same input gives the same
 * plan.
 *
 * The order is the protocol: no operation acts beside a holder; nothing is created while an earlier create may still
 * turn up; an assistant of ours is used before anything new is made.
 */
export function decide(input: DecideInput): Plan {
  const { mapping, observation, now } = input;
  const claim = mapping?.claim;
  if (claim && isHeld(claim, now)) return { kind: 'wait', claim };
  if (observation.appliedMeanwhile && mapping?.assistantId) {
    return { kind: 'unchanged', assistantId: mapping.assistantId };
  }
  if (claim && mayStillTurnUp(claim, input)) return { kind: 'unresolved', of: 'create', settlesAt: settlesAt(claim) };
  const mapped = observation.mapped?.kind === 'live' ? observation.mapped.assistant : undefined;
  const candidate = mapped ?? chooseStray(input) ?? observation.named;
  if (!candidate) return create(input);
  if (claim && mayStillBeRemoved(claim, now)) return { kind: 'unresolved', of: 'delete', settlesAt: settlesAt(claim) };
  return mapped ? keepMapped(mapped, input) : adopt(candidate, input);
}

function mayStillTurnUp(claim: Claim, { observation, now }: DecideInput): boolean {
  if (!mayHaveCreated(claim) || now >= settlesAt(claim)) return false;
  return !observation.strays.some(({ assistant }) => claimTokenOf(assistant) === claim.token);
}

/** A DELETE of unknown outcome may still arrive: until it has settled, the assistant may still disappear. */
function mayStillBeRemoved(claim: Claim, now: number): boolean {
  return isBeingRemoved(claim) && now < settlesAt(claim);
}

/** The token of the claim under which an assistant was created, as its metadata says. */
export function claimTokenOf(assistant: Resource): string | undefined {
  const { claimToken } = metadataOf(assistant.config);
  return typeof claimToken === 'string' ? claimToken : undefined;
}

function keepMapped(assistant: Resource, input: DecideInput): Plan {
  const { desired, mapping, observation } = input;
  const hashes = [mapping?.specHash, ...(mapping?.attempted ?? []).map(({ specHash }) => specHash)];
  const alreadyApplied = hashes.every((hash) => hash === desired.specHash);
  const dependents = dependentsOf(assistant, input);
  const patch = patchAssistant({
    wanted: wantedOf(assistant, { input, dependents, isOwn: true }),
    live: assistant.config,
    lastApplied: observation.lastApplied,
    alreadyApplied,
  });
  const retirees = retireesBeside(assistant, input);
  const settled = patch.changes.length === 0 && retirees.retire.length === 0 && mapping?.claim === undefined;
  if (alreadyApplied && settled && hasDependents(input, dependents))
    return { kind: 'unchanged', assistantId: assistant.id };
  return { kind: 'update', assistant, patch, ...dependents, ...retirees };
}

function dependentsOf(chosen: Resource | undefined, input: DecideInput): Dependents {
  const { desired, mapping, observation, phoneNumberId, scope } = input;
  const tools = nextToolsState(desired, { found: observation.tools, before: linkedBefore(chosen, input) });
  return {
    tools,
    phoneNumber: nextPhoneNumber(mapping, { wanted: phoneNumberId, assistantId: chosen?.id }),
    formerNumbers: formerNumbers(mapping, { wanted: phoneNumberId, scope }),
  };
}

/**
 * Tools that were linked before, if the account and the assistant are still the same: others are not linked to this
 * one.
 */
function linkedBefore(chosen: Resource | undefined, input: DecideInput): readonly LinkedTool[] {
  const { mapping, scope, goneTools } = input;
  if (!chosen || chosen.id !== mapping?.assistantId || mapping.scope !== scope) return [];
  return mapping.tools.linked.filter(({ toolId }) => !goneTools?.has(toolId));
}

function hasDependents({ mapping, phoneNumberId }: DecideInput, { tools }: Dependents): boolean {
  return mapping !== undefined && isSameTools(mapping.tools, tools) && isSamePhoneNumber(mapping, phoneNumberId);
}

/** The payload with the ids of the tools. */
function wantedOf(
  assistant: Resource | undefined,
  { input, dependents, isOwn }: { input: DecideInput; dependents: Dependents; isOwn: boolean },
): JsonObject {
  const { desired, mapping, observation } = input;
  const { payload, untouched = [] } = desired;
  return withToolIds(assistant ? leaveAsLive(payload, assistant.config, untouched) : payload, {
    ours: dependents.tools.linked.map(({ toolId }) => toolId),
    former: isOwn ? formerToolIds(mapping, observation.lastApplied) : [],
    live: assistant?.config,
  });
}

/** The stray that the last claim made, else the oldest: every process must choose the same. */
function chooseStray({ mapping, observation, scope }: DecideInput): Resource | undefined {
  const here = observation.strays.filter((stray) => stray.scope === scope).map(({ assistant }) => assistant);
  const byAge = here.toSorted((a, b) => compareTexts(a.createdAt, b.createdAt) || compareTexts(a.id, b.id));
  return byAge.find((assistant) => claimTokenOf(assistant) === mapping?.claim?.token) ?? byAge[0];
}

function adopt(assistant: Resource, input: DecideInput): Plan {
  const { observation, mapping } = input;
  const dependents = dependentsOf(assistant, input);
  const isOwn =
    observation.strays.some((stray) => stray.assistant.id === assistant.id) ||
    (mapping?.retiring ?? []).some(({ assistantId }) => assistantId === assistant.id);
  const patch = patchAssistant({
    wanted: wantedOf(assistant, { input, dependents, isOwn }),
    live: assistant.config,
    // An assistant that others made was never configured by us: none of its fields is ours to clear.
    lastApplied: isOwn ? observation.lastApplied : [],
    alreadyApplied: false,
  });
  return { kind: 'adopt', assistant, patch, ...dependents, ...retireesBeside(assistant, input) };
}

function create(input: DecideInput): Plan {
  const { mapping, scope } = input;
  const moved = mapping?.scope !== undefined && mapping.scope !== scope;
  const before = moved ? 'moved' : 'deleted';
  const cause = mapping?.assistantId ? before : 'new';
  const dependents = dependentsOf(undefined, input);
  const payload = wantedOf(undefined, { input, dependents, isOwn: false });
  return { kind: 'create', cause, payload, ...dependents, ...retireesBeside(undefined, input) };
}

/** Assistants of ours beside the chosen one: left in the old account, found twice, or not removed last time. */
function retireesBeside(chosen: Resource | undefined, input: DecideInput): Retirees {
  const { mapping, observation, scope, unremoved } = input;
  const strays = observation.strays.map((stray) => ({ assistantId: stray.assistant.id, scope: stray.scope }));
  const all = [...(mapping?.retiring ?? []), ...inFormerAccount(input), ...strays, ...unremoved];
  const retirees = all.filter(({ assistantId }) => assistantId !== chosen?.id);
  return {
    retire: retirees.filter((retiree) => isReachable(retiree, scope)),
    unreachable: retirees.filter((retiree) => !isReachable(retiree, scope)),
  };
}

function inFormerAccount({ mapping, scope }: DecideInput): Retiree[] {
  return mapping && mapping.scope !== scope ? mappedAsRetiree(mapping) : [];
}

/** The mapped assistant as one to be removed. */
export function mappedAsRetiree({ assistantId, scope, keyFingerprint }: AssistantMapping): Retiree[] {
  if (!assistantId || !scope) return [];
  return [{ assistantId, scope, keyFingerprint }];
}

/**
 * True when the assistant can be removed now: in the platform's account always, in an organisation's own only with its
 * key.
 */
export function isReachable(retiree: Retiree, scope: Scope): boolean {
  return retiree.scope === scope || retiree.scope === 'platform';
}

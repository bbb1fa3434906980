import type { Scope } from '../account/scope.ts';
import type { VersionShare } from '../account/vapi-account.ts';
import type { Actor } from '../actor.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { SpecSummary } from '../configuration/summary.ts';
import type { JsonObject } from '../json.ts';
import type { Claim } from './claim.ts';

/** An assistant that is to be removed at Vapi as soon as its account answers. */
export interface Retiree {
  assistantId: string;
  scope: Scope;
  /** Fingerprint of the key with which it was last seen; a 404 to another key proves nothing. */
  keyFingerprint?: string;
}

/** A configuration whose PATCH or POST may still take effect at Vapi until `until` (ISO 8601). */
export interface Attempt {
  specHash: string;
  until: string;
  /** Tools of ours that it links to the assistant. */
  toolIds?: readonly string[];
}

/** Which assistant serves an (organisation, role). Times are ISO 8601 in UTC. */
export interface AssistantMapping extends AssistantKey {
  /** Grows by one with each claim. */
  revision: number;
  assistantId?: string;
  /** `createdAt` of the assistant as Vapi gave it. */
  assistantCreatedAt?: string;
  /** Whose key made the assistant. */
  scope?: Scope;
  /** Vapi's id of the account that holds the assistant. */
  vapiOrgId?: string;
  /** Fingerprint of the key with which it was last changed. */
  keyFingerprint?: string;
  /** Hash of the configuration that was applied last. */
  specHash?: string;
  /** The shape of that configuration (`shapeMark`): for a new one of the same shape it need not be read. */
  specShape?: string;
  /** Further configurations that may have reached Vapi: the outcome of sending them is unknown. */
  attempted: readonly Attempt[];
  /** Token of the claim that was finalised last. */
  finalisedBy?: string;
  claim?: Claim;
  tools: ToolsState;
  phoneNumber?: PhoneNumberState;
  /** Numbers that still have to be taken off assistants of ours. */
  formerNumbers: readonly FormerNumber[];
  /** Name, model and voice of that configuration; absent in rows older than this field. */
  summary?: SpecSummary;
  /** The template that the configuration comes from; absent for a configuration of its own. */
  template?: TemplateBinding;
  /** The operation that made the present revision; absent in rows older than this field. */
  revisedBy?: string;
  /** Who made the last change, and when (ISO 8601). */
  changedBy?: Actor;
  changedAt?: string;
  /** What callers hear, as it was seen last; absent when nobody has looked yet. */
  live?: LiveState;
  /** What the last drift runs found wrong; absent when all was well. */
  drift?: DriftState;
  retiring: readonly Retiree[];
  createdAt: string;
  updatedAt: string;
}

/** The template that an assistant is bound to, and what was given with it: enough to render it again. */
export interface TemplateBinding {
  id: string;
  version: number;
  /** Values that the request gave; those of the organisation are stored apart. */
  variables?: JsonObject;
  /** JSON Merge Patch (RFC 7396) on the rendered configuration. */
  overrides?: JsonObject;
  /** The operation that made this binding. */
  operationId: string;
}

/** A tool that this service has linked to the assistant. */
export interface LinkedTool {
  /** Of its definition. */
  hash: string;
  toolId: string;
}

/**
 * The tools of an assistant.
 * - `none`: none are wanted
 * - `linked`: all wanted tools are linked
 * - `pending`: some wanted tools are not registered at Vapi yet; those that were linked before stay linked
 */
export interface ToolsState {
  status: 'none' | 'linked' | 'pending';
  /** The number of wanted tools. */
  count: number;
  /** Hashes of their definitions, in the order given. */
  wanted: readonly string[];
  linked: readonly LinkedTool[];
  /** Why a tool could not be registered, in Vapi's words. */
  refused?: string;
}

/** What a mapping without tools says. */
export const NO_TOOLS: ToolsState = { status: 'none', count: 0, wanted: [], linked: [] };

/**
 * The number whose calls the assistant answers.
 * - `pending`: still to be pointed to the assistant
 * - `linked`: points to it
 * - `foreign`: points to something that is not ours, and is left alone
 * - `missing`: the account has no such number
 */
export interface PhoneNumberState {
  id: string;
  status: 'pending' | 'linked' | 'foreign' | 'missing';
  /** Earlier assistants of ours that the number may still point to. */
  previous: readonly string[];
}

/**
 * A number that was replaced by another one, or left in another account, and that may still point to assistants of
 * ours.
 */
export interface FormerNumber {
  id: string;
  scope: Scope;
  assistantIds: readonly string[];
}

/**
 * What callers hear.
 * - `current`: the configuration that was stored last
 * - `pinned`: the versions named, as the traffic of the assistant is divided by hand; what is stored is not heard
 * - `unknown`: it could not be looked at
 */
export interface LiveState {
  state: 'current' | 'pinned' | 'unknown';
  versions?: readonly VersionShare[];
}

/** What the last drift runs found wrong with an assistant. */
export interface DriftState {
  class: 'drifted' | 'missing' | 'pending' | 'pinned';
  /** ISO 8601: since when this is so. */
  since: string;
  /** The run that found it first. */
  runId: string;
  /** JSON Pointers of the fields that differ; no values, as prompts may be among them. */
  fields: readonly string[];
  /** How often healing was tried without success. */
  heals: number;
  /** ISO 8601: the last time. */
  healedAt?: string;
}

/**
 * Names the phone number of an assistant among the fields that differ: where a number points is no field of the
 * assistant.
 */
export const NUMBER_PATH = '/phoneNumber/assistantId';

/** Names a linked tool that no longer exists at Vapi among the fields that differ. */
export const TOOLS_PATH = '/model/toolIds';

import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, validationFailed } from '../problem.ts';
import {
  ACTIVE_VAPI_VOICES,
  DEFAULT_VOICE,
  LEGACY_PROVIDERS,
  LEGACY_VOICES,
  PROVIDER_ALIASES,
  PROVIDER_INDEPENDENT_FIELDS,
  PROVIDERS_WITHOUT_VOICE_ID,
  RETIRED_VOICES,
  SUPPORTED_PROVIDERS,
} from './voice-catalogue.ts';

/** `strict` replaces every voice of Vapi's own; `keep-active-vapi` only those that Vapi has retired. */
export const VOICE_POLICIES = ['strict', 'keep-active-vapi'] as const;
export type VoicePolicy = (typeof VOICE_POLICIES)[number];

export type VoiceReason = 'legacy-voice' | 'legacy-provider' | 'missing-provider' | 'missing-voice-id' | 'supported';

/** What was asked for, what Vapi is given, and which rule decided. */
export interface VoiceDecision {
  requested: JsonObject | null;
  applied: JsonObject;
  reason: VoiceReason;
  /** Decisions for `fallbackPlan.voices`, in their order; absent when there are none. */
  fallbacks?: VoiceDecision[];
}

/**
 * Makes a voice that Vapi will accept out of the one asked for, by the first rule that fits: legacy voice id, legacy
 * provider, no provider, empty voice id, otherwise unchanged. No voice at all means the default. Throws
 * `VALIDATION_FAILED` for a provider that Vapi does not have, naming those that it has.
 */
export function normaliseVoice(requested: Json | undefined, policy: VoicePolicy): VoiceDecision {
  const errors: FieldError[] = [];
  const decision = decideVoice({ requested, policy, field: 'voice', errors, level: 0 });
  if (errors.length > 0) throw validationFailed(errors);
  return decision;
}

interface VoiceInput {
  requested: Json | undefined;
  policy: VoicePolicy;
  field: string;
  errors: FieldError[];
  /** How deep it is nested: 0 for the voice itself, 1 for its fallbacks. */
  level: number;
}

/** The deepest nesting of fallbacks: the answer repeats each of them with its own, and Lambda returns at most 6 MB. */
const MOST_LEVELS = 3;

function decideVoice({ requested, policy, field, errors, level }: VoiceInput): VoiceDecision {
  if (requested === undefined || requested === null) {
    return { requested: null, applied: { ...DEFAULT_VOICE }, reason: 'missing-provider' };
  }
  if (!isJsonObject(requested)) {
    errors.push({ field, detail: 'must be an object with provider and voiceId' });
    return { requested: null, applied: { ...DEFAULT_VOICE }, reason: 'missing-provider' };
  }
  const identity = identify(requested, { field, errors });
  const reason = reasonFor(identity, policy);
  const base = reason === 'supported' ? supportedVoice(requested, identity, policy) : replacement(requested);
  const decision: VoiceDecision = { requested, applied: base, reason };
  return withFallbacks(decision, { policy, field, errors, level });
}

interface VoiceIdentity {
  provider: string;
  voiceId: string;
}

function identify(voice: JsonObject, { field, errors }: Pick<VoiceInput, 'field' | 'errors'>): VoiceIdentity {
  const provider = textOf(voice, 'provider', { field, errors }).toLowerCase();
  const canonical = Object.hasOwn(PROVIDER_ALIASES, provider) ? (PROVIDER_ALIASES[provider] ?? provider) : provider;
  if (canonical !== '' && !SUPPORTED_PROVIDERS.some((name) => name === canonical)) {
    errors.push({
      field: `${field}.provider`,
      detail: `unknown provider; use one of: ${SUPPORTED_PROVIDERS.join(', ')}`,
    });
  }
  return { provider: canonical, voiceId: textOf(voice, 'voiceId', { field, errors }) };
}

function textOf(voice: JsonObject, key: string, { field, errors }: Pick<VoiceInput, 'field' | 'errors'>): string {
  const value = voice[key];
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  errors.push({ field: `${field}.${key}`, detail: 'must be a string' });
  return '';
}

function reasonFor({ provider, voiceId }: VoiceIdentity, policy: VoicePolicy): VoiceReason {
  const replaced = policy === 'strict' ? LEGACY_VOICES : RETIRED_VOICES;
  const mayBeLegacy = provider === '' || LEGACY_PROVIDERS.includes(provider);
  if (mayBeLegacy && replaced.includes(voiceId.toLowerCase())) return 'legacy-voice';
  if (provider === 'vapi' && policy === 'strict') return 'legacy-provider';
  if (provider === '') return 'missing-provider';
  if (voiceId === '' && !PROVIDERS_WITHOUT_VOICE_ID.includes(provider)) return 'missing-voice-id';
  return 'supported';
}

function supportedVoice(requested: JsonObject, identity: VoiceIdentity, policy: VoicePolicy): JsonObject {
  const { provider } = identity;
  const voiceId =
    provider === 'vapi' && policy === 'keep-active-vapi' ? vapiSpelling(identity.voiceId) : identity.voiceId;
  return voiceId === '' ? { ...requested, provider } : { ...requested, provider, voiceId };
}

function vapiSpelling(voiceId: string): string {
  return ACTIVE_VAPI_VOICES.find((name) => name.toLowerCase() === voiceId.toLowerCase()) ?? voiceId;
}

function replacement(requested: JsonObject): JsonObject {
  const kept = PROVIDER_INDEPENDENT_FIELDS.flatMap((key): [string, Json][] => {
    const value = requested[key];
    return value === undefined ? [] : [[key, value]];
  });
  return { ...DEFAULT_VOICE, ...Object.fromEntries(kept) };
}

function withFallbacks(decision: VoiceDecision, context: Omit<VoiceInput, 'requested'>): VoiceDecision {
  const plan = decision.applied.fallbackPlan;
  if (!isJsonObject(plan) || !Array.isArray(plan.voices)) return decision;
  const { field, errors, level } = context;
  if (level === MOST_LEVELS) {
    errors.push({ field: `${field}.fallbackPlan`, detail: `use at most ${MOST_LEVELS} levels of fallbacks` });
    return decision;
  }
  const fallbacks = plan.voices.map((requested, index) =>
    decideVoice({ ...context, requested, field: `${field}.fallbackPlan.voices[${index}]`, level: level + 1 }),
  );
  const voices = fallbacks.map(({ applied }) => applied);
  return { ...decision, applied: { ...decision.applied, fallbackPlan: { ...plan, voices } }, fallbacks };
}

import { hashOf } from '../configuration/canonical-hash.ts';
import { type Configuration, type DesiredAssistant, desiredFrom } from '../configuration/configuration.ts';
import { normaliseVoice } from '../configuration/voice.ts';
import type { Operation } from '../operation.ts';

/**
 * A stored configuration, as what the assistant is to be again. A voice that was retired since it was applied is
 * replaced, as a PUT would; the history shows both.
 */
export function desireStored(
  { voicePolicy, journal }: Operation,
  { payload, tools, specHash }: Configuration & { specHash: string },
): DesiredAssistant {
  const voice = normaliseVoice(payload.voice, voicePolicy);
  if (hashOf({ voice: voice.applied }) === hashOf({ voice: payload.voice ?? null })) {
    return { ...desiredFrom({ payload, tools }), specHash };
  }
  journal.record({ code: 'VOICE_NORMALISED', reason: voice.reason, fallbacks: voice.fallbacks?.length ?? 0 });
  return desiredFrom({ payload: { ...payload, voice: voice.applied }, tools });
}

import fc from 'fast-check';
import { normaliseVoice, VOICE_POLICIES, type VoiceDecision } from '../../../src/domain/configuration/voice.ts';
import {
  ACTIVE_VAPI_VOICES,
  LEGACY_VOICES,
  SUPPORTED_PROVIDERS,
} from '../../../src/domain/configuration/voice-catalogue.ts';
import type { JsonObject } from '../../../src/domain/json.ts';

describe('whatever is asked for', () => {
  const blank = fc.constantFrom('', ' ', '\t', '\u00a0');
  const padded = (text: fc.Arbitrary<string>) => fc.tuple(blank, text, blank).map((parts) => parts.join(''));
  const anyCase = (text: string) => fc.constantFrom(text, text.toUpperCase());
  const provider = fc.option(
    fc.oneof(
      fc.constantFrom('', null),
      padded(fc.constantFrom(...SUPPORTED_PROVIDERS, 'elevenlabs', 'rime').chain(anyCase)),
    ),
    { nil: undefined },
  );
  const voiceId = fc.option(
    fc.oneof(fc.constant(null), padded(fc.constantFrom(...LEGACY_VOICES, ...ACTIVE_VAPI_VOICES)), fc.string()),
    { nil: undefined },
  );
  const other = fc.record(
    { speed: fc.integer(), cachingEnabled: fc.boolean(), model: fc.string() },
    { requiredKeys: [] },
  );
  const plain = fc.tuple(provider, voiceId, other).map(([name, id, rest]): JsonObject => {
    return {
      ...rest,
      ...(name === undefined ? {} : { provider: name }),
      ...(id === undefined ? {} : { voiceId: id }),
    };
  });
  const voice = fc.tuple(plain, fc.option(fc.array(plain, { maxLength: 3 }))).map(([main, voices]): JsonObject => {
    return voices === null ? main : { ...main, fallbackPlan: { voices } };
  });
  const policy = fc.constantFrom(...VOICE_POLICIES);

  function isUsable({ applied, fallbacks }: VoiceDecision): boolean {
    const { provider: name, voiceId: id } = applied;
    const hasVoice = name === 'custom-voice' || (typeof id === 'string' && id.trim() !== '');
    return SUPPORTED_PROVIDERS.some((supported) => supported === name) && hasVoice && (fallbacks ?? []).every(isUsable);
  }

  it('the result has a supported provider and a voice id, or is a custom voice', () => {
    fc.assert(
      fc.property(voice, policy, (asked, rule) => {
        expect(isUsable(normaliseVoice(asked, rule))).toBe(true);
      }),
    );
  });

  it('normalising what was normalised changes nothing: else a reapply would be drift', () => {
    fc.assert(
      fc.property(voice, policy, (asked, rule) => {
        const { applied } = normaliseVoice(asked, rule);
        const again = normaliseVoice(applied, rule);
        expect(again.applied).toEqual(applied);
        expect(again.reason).toBe('supported');
      }),
    );
  });

  it('the voice asked for is never changed in place', () => {
    fc.assert(
      fc.property(voice, policy, (asked, rule) => {
        const before = structuredClone(asked);
        expect(normaliseVoice(asked, rule).requested).toEqual(before);
        expect(asked).toEqual(before);
      }),
    );
  });
});

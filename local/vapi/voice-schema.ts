import { isJsonObject } from '../stack/json.ts';
import { anything, type Check, checkShape, each, flag, list, number, object, type Shape, text } from './checks.ts';
import { SERVER } from './server-schema.ts';

/** Fields of a voice beyond the common ones, by provider, after Vapi's published schema of August 2026. */
const FIELDS_BY_PROVIDER: Record<string, string> = {
  azure: 'speed',
  cartesia: 'model language experimentalControls generationConfig pronunciationDictId',
  'custom-voice': 'server',
  deepgram: 'model mipOptOut',
  '11labs':
    'stability similarityBoost style useSpeakerBoost speed optimizeStreamingLatency enableSsmlParsing autoMode model language pronunciationDictionaryLocators',
  hume: 'model isCustomHumeVoice description',
  lmnt: 'speed language',
  neuphonic: 'model language speed',
  openai: 'model instructions speed',
  playht: 'speed temperature emotion voiceGuidance styleGuidance textGuidance model language',
  wellsaid: 'model enableSsml libraryIds',
  'rime-ai': 'model speed pauseBetweenBrackets phonemizeBetweenBrackets reduceLatency inlineSpeedAlpha language',
  'smallest-ai': 'model speed',
  tavus: 'personaId callbackUrl conversationName conversationalContext customGreeting properties',
  vapi: 'version speed language pronunciationDictionary',
  sesame: 'model',
  inworld: 'model languageCode temperature speakingRate',
  minimax: 'model emotion subtitleType pitch speed volume region languageBoost textNormalizationEnabled',
  xai: 'language speed',
  microsoft: 'style styleDegree role speed',
};

const REQUIRED_BY_PROVIDER: Record<string, readonly string[]> = {
  'custom-voice': ['provider', 'server'],
  neuphonic: ['provider', 'voiceId', 'language'],
  sesame: ['provider', 'voiceId', 'model'],
};

/** Gone from Vapi; the first eight on 2026-03-01. Refused in any spelling, and `jennifer` under playht too. */
const RETIRED = ['spencer', 'neha', 'harry', 'cole', 'paige', 'hana', 'lily', 'kylie', 'jennifer'];
const RETIRED_BY_PROVIDER: Record<string, readonly string[]> = { vapi: RETIRED, playht: ['jennifer'] };

const OFFERED =
  'Elliot Savannah Rohan Leo Zoe Mia Jess Zac Dan Leah Tara Emma Nico Neil Sagar Kai Clara Godfrey Layla Sid Naina'.split(
    ' ',
  );

/** A voice of a supported provider with nothing unknown in it and an id that still exists. */
export const voice: Check = (value, path) => {
  if (!isJsonObject(value)) return [`${path} must be an object`];
  const { provider, voiceId } = value;
  if (typeof provider !== 'string' || !Object.hasOwn(FIELDS_BY_PROVIDER, provider)) {
    return [`${path}.provider must be one of the following values: ${Object.keys(FIELDS_BY_PROVIDER).join(', ')}`];
  }
  return [...checkShape(value, shapeOf(provider), path), ...goneVoice(provider, voiceId, path)];
};

const fallbackPlan = object({ fields: { voices: list((value, path) => voice(value, path)) } });

function shapeOf(provider: string): Shape {
  return {
    fields: {
      ...each(FIELDS_BY_PROVIDER[provider] ?? ''),
      ...(provider === 'custom-voice' ? { server: SERVER } : { speed: number() }),
      ...(provider === 'vapi' ? {} : { fallbackPlan }),
      provider: text(),
      voiceId: text({ min: 1 }),
      cachingEnabled: flag,
      chunkPlan: anything,
    },
    required: REQUIRED_BY_PROVIDER[provider] ?? ['provider', 'voiceId'],
  };
}

function goneVoice(provider: string, voiceId: unknown, path: string): string[] {
  if (typeof voiceId !== 'string') return [];
  if (RETIRED_BY_PROVIDER[provider]?.includes(voiceId.toLowerCase())) {
    return [`${path}.voiceId ${voiceId} is no longer available, the voice was retired`];
  }
  const offered = OFFERED.find((name) => name.toLowerCase() === voiceId.toLowerCase());
  if (provider === 'vapi' && offered && offered !== voiceId) {
    return [`${path}.voiceId ${voiceId} is not a voice of vapi, ids are case-sensitive`];
  }
  return [];
}

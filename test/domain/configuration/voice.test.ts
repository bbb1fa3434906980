import { normaliseVoice, type VoiceReason } from '../../../src/domain/configuration/voice.ts';
import type { Json, JsonObject } from '../../../src/domain/json.ts';
import { fieldsOf, problemOf } from '../thrown-problem.ts';

const DEFAULT = { provider: 'azure', voiceId: 'en-US-JennyNeural' };

/** Spelled out here and not imported: an id that is lost from the catalogue must turn a test red. */
const LEGACY_IDS =
  'jennifer kylie neha rohan elliot lily savannah hana cole harry paige spencer leah tara jess leo dan mia zac zoe sam'.split(
    ' ',
  );
const RETIRED_IDS = 'Spencer Neha Harry Cole Paige Hana Lily Kylie jennifer sam'.split(' ');
const ACTIVE_IDS =
  'Elliot Savannah Rohan Leo Zoe Mia Jess Zac Dan Leah Tara Emma Nico Neil Sagar Kai Clara Godfrey Layla Sid Naina'.split(
    ' ',
  );
const PROVIDERS =
  'azure cartesia custom-voice deepgram 11labs hume lmnt neuphonic openai playht wellsaid rime-ai smallest-ai tavus vapi sesame inworld minimax xai microsoft'.split(
    ' ',
  );

function spellings(id: string): string[] {
  const capitalised = id.charAt(0).toUpperCase() + id.slice(1);
  return [id, id.toUpperCase(), capitalised, `  ${id}\t`, `\u00a0${capitalised}\n`];
}

interface Case {
  name: string;
  why: string;
  voice: Json | undefined;
  reason: VoiceReason;
  applied: JsonObject;
}

describe('condition 1: a legacy voice id becomes the default voice, as Vapi refuses it on every save', () => {
  const providers: [string, JsonObject][] = [
    ['no provider', {}],
    ['a null provider', { provider: null }],
    ['an empty provider', { provider: '  ' }],
    ['vapi', { provider: 'vapi' }],
    ['playht', { provider: 'playht' }],
    ['azure', { provider: 'azure' }],
    ['VAPI in capitals with blanks', { provider: ' VAPI ' }],
    ['PlayHT as its owner spells it', { provider: 'PlayHT' }],
    ['Azure with a capital', { provider: 'Azure\n' }],
  ];
  const cases = providers.flatMap(([name, provider]) => LEGACY_IDS.map((id) => ({ name, provider, id })));

  it.each(cases)('$id under $name, in any case and with blanks', ({ provider, id }) => {
    for (const voiceId of spellings(id)) {
      const decision = normaliseVoice({ ...provider, voiceId }, 'strict');
      expect(decision).toEqual({ requested: { ...provider, voiceId }, applied: DEFAULT, reason: 'legacy-voice' });
    }
  });
});

describe('the five conditions are tried in their order', () => {
  const cases: Case[] = [
    {
      name: 'a legacy id without a provider',
      why: 'condition 1 comes before condition 3',
      voice: { voiceId: 'jennifer' },
      reason: 'legacy-voice',
      applied: DEFAULT,
    },
    {
      name: 'a legacy id under vapi',
      why: 'condition 1 comes before condition 2',
      voice: { provider: 'vapi', voiceId: 'Kylie' },
      reason: 'legacy-voice',
      applied: DEFAULT,
    },
    {
      name: 'any other id under vapi',
      why: 'strict replaces the whole provider',
      voice: { provider: 'vapi', voiceId: 'Naina' },
      reason: 'legacy-provider',
      applied: DEFAULT,
    },
    {
      name: 'vapi without a voice id',
      why: 'condition 2 comes before condition 4',
      voice: { provider: ' Vapi ' },
      reason: 'legacy-provider',
      applied: DEFAULT,
    },
    {
      name: 'an id of some provider, but no provider',
      why: 'nobody can know whose id it is',
      voice: { voiceId: '21m00Tcm4TlvDq8ikWAM' },
      reason: 'missing-provider',
      applied: DEFAULT,
    },
    {
      name: 'neither provider nor id',
      why: 'condition 3 comes before condition 4',
      voice: {},
      reason: 'missing-provider',
      applied: DEFAULT,
    },
    {
      name: 'a supported provider without an id',
      why: 'Vapi requires a voice id',
      voice: { provider: '11labs' },
      reason: 'missing-voice-id',
      applied: DEFAULT,
    },
    {
      name: 'a null id',
      why: 'null says that there is none',
      voice: { provider: 'openai', voiceId: null },
      reason: 'missing-voice-id',
      applied: DEFAULT,
    },
    {
      name: 'a blank id',
      why: 'blanks name no voice',
      voice: { provider: 'cartesia', voiceId: ' \t\n' },
      reason: 'missing-voice-id',
      applied: DEFAULT,
    },
    {
      name: 'azure without an id',
      why: 'the default provider needs an id too',
      voice: { provider: 'azure', voiceId: '' },
      reason: 'missing-voice-id',
      applied: DEFAULT,
    },
    {
      name: 'no voice at all',
      why: 'a request without one means the default',
      voice: undefined,
      reason: 'missing-provider',
      applied: DEFAULT,
    },
    {
      name: 'a null voice',
      why: 'clearing the voice would leave the choice to Vapi',
      voice: null,
      reason: 'missing-provider',
      applied: DEFAULT,
    },
  ];

  it.each(cases)('$name: $why', ({ voice, reason, applied }) => {
    expect(normaliseVoice(voice, 'strict')).toEqual({ requested: voice ?? null, applied, reason });
  });
});

describe('condition 5: every other voice is left as it is', () => {
  const cases: { name: string; why: string; voice: JsonObject; applied?: JsonObject }[] = [
    {
      name: 'lmnt/lily',
      why: 'lmnt has a lily of its own',
      voice: { provider: 'lmnt', voiceId: 'lily', speed: 1.2 },
    },
    {
      name: '11labs/<id>',
      why: 'the id is passed on letter by letter, and so is every setting',
      voice: {
        provider: '11labs',
        voiceId: '21m00Tcm4TlvDq8ikWAM',
        stability: 0.5,
        similarityBoost: 0,
        useSpeakerBoost: false,
        pronunciationDictionaryLocators: [{ id: 'a', versionId: 'b' }],
        chunkPlan: { enabled: true, minCharacters: 30 },
        language: null,
      },
    },
    {
      name: '11labs with a legacy name',
      why: 'only vapi, playht and azure had the legacy voices',
      voice: { provider: '11labs', voiceId: 'jennifer' },
    },
    {
      name: 'an Azure preset',
      why: 'andrew, brian and emma are Azure presets',
      voice: { provider: 'azure', voiceId: 'emma', speed: 1 },
    },
    {
      name: 'an id with capitals',
      why: 'ids are case-sensitive at Vapi, only the comparison is not',
      voice: { provider: 'deepgram', voiceId: 'Asteria' },
    },
    {
      name: 'an id that contains a legacy one',
      why: 'only the whole id counts',
      voice: { provider: 'azure', voiceId: 'en-US-JenniferNeural' },
    },
    {
      name: 'custom-voice without an id',
      why: 'a custom voice is a server',
      voice: { provider: 'custom-voice', server: { url: 'https://voice.example' } },
    },
    {
      name: 'provider in capitals with blanks',
      why: 'Vapi knows the provider in small letters only',
      voice: { provider: ' OpenAI ', voiceId: ' alloy ', instructions: ' Speak softly. ' },
      applied: { provider: 'openai', voiceId: 'alloy', instructions: ' Speak softly. ' },
    },
    {
      name: 'elevenlabs',
      why: 'Vapi calls it 11labs',
      voice: { provider: 'ElevenLabs', voiceId: 'sarah', stability: 1 },
      applied: { provider: '11labs', voiceId: 'sarah', stability: 1 },
    },
    {
      name: 'rime',
      why: 'Vapi calls it rime-ai',
      voice: { provider: 'rime', voiceId: 'marsh' },
      applied: { provider: 'rime-ai', voiceId: 'marsh' },
    },
  ];

  it.each(cases)('$name: $why', ({ voice, applied }) => {
    const before = structuredClone(voice);
    const decision = normaliseVoice(voice, 'strict');
    expect(decision).toEqual({ requested: before, applied: applied ?? before, reason: 'supported' });
    expect(voice).toEqual(before);
  });

  it.each(PROVIDERS.filter((name) => name !== 'vapi'))('%s is a supported provider', (provider) => {
    expect(normaliseVoice({ provider, voiceId: 'x1' }, 'strict').applied).toEqual({ provider, voiceId: 'x1' });
  });

  it.each(LEGACY_IDS)('%s passes under a provider that never had it from Vapi', (voiceId) => {
    for (const provider of ['lmnt', '11labs', 'rime-ai', 'custom-voice']) {
      expect(normaliseVoice({ provider, voiceId }, 'strict').reason).toBe('supported');
    }
  });
});

describe('a replaced voice', () => {
  it('loses the fields of its old provider, which Vapi would refuse under azure', () => {
    const voice = { provider: 'playht', voiceId: 'jennifer', emotion: 'female_happy', temperature: 1, speed: 2 };
    expect(normaliseVoice(voice, 'strict').applied).toEqual(DEFAULT);
  });

  it('keeps the fields that mean the same everywhere', () => {
    const shared = { cachingEnabled: false, chunkPlan: { enabled: false } };
    const voice = { provider: 'vapi', voiceId: 'Elliot', version: 2, ...shared };
    expect(normaliseVoice(voice, 'strict').applied).toEqual({ ...DEFAULT, ...shared });
  });

  it('is never the catalogue’s own default object: a caller who changes it changes nothing else', () => {
    const first = normaliseVoice(undefined, 'strict').applied;
    first.voiceId = 'changed';
    expect(normaliseVoice(undefined, 'strict').applied).toEqual(DEFAULT);
  });
});

describe('fallback voices', () => {
  const voices: JsonObject[] = [
    { provider: 'vapi', voiceId: 'Elliot' },
    { provider: 'lmnt', voiceId: 'lily', speed: 1 },
    { provider: 'ElevenLabs', voiceId: 'sarah' },
    { provider: 'cartesia' },
  ];
  const normalised = [
    DEFAULT,
    { provider: 'lmnt', voiceId: 'lily', speed: 1 },
    { provider: '11labs', voiceId: 'sarah' },
    DEFAULT,
  ];
  const reasons = ['legacy-voice', 'supported', 'supported', 'missing-voice-id'];

  it.each([
    { name: 'of a supported voice', voice: { provider: 'azure', voiceId: 'andrew' } },
    { name: 'of a voice that is replaced itself', voice: { provider: 'playht', voiceId: 'jennifer' } },
  ])('$name are normalised, each with its own reason, in their order', ({ voice }) => {
    const { applied, fallbacks } = normaliseVoice({ ...voice, fallbackPlan: { voices, note: 'kept' } }, 'strict');
    expect(applied.fallbackPlan).toEqual({ voices: normalised, note: 'kept' });
    expect(fallbacks?.map(({ reason }) => reason)).toEqual(reasons);
    expect(fallbacks?.map(({ requested }) => requested)).toEqual(voices);
  });

  it('an unknown provider among them is named by its place', () => {
    const fallbackPlan = { voices: [voices[1] ?? {}, { provider: 'acapela', voiceId: 'x' }] };
    const problem = problemOf(() => normaliseVoice({ provider: 'azure', voiceId: 'andrew', fallbackPlan }, 'strict'));
    expect(fieldsOf(problem)).toEqual(['voice.fallbackPlan.voices[1].provider']);
  });

  it.each<JsonObject>([
    { fallbackPlan: null },
    { fallbackPlan: {} },
    { fallbackPlan: { voices: null } },
    { fallbackPlan: [] },
  ])('a plan without voices is left to Vapi: %j', (plan) => {
    const decision = normaliseVoice({ provider: 'azure', voiceId: 'andrew', ...plan }, 'strict');
    expect(decision.applied).toEqual({ provider: 'azure', voiceId: 'andrew', ...plan });
    expect(decision).not.toHaveProperty('fallbacks');
  });
});

describe('a voice that cannot be read is refused, never guessed', () => {
  it.each(['acapela', 'eleven', 'constructor', '__proto__', 'toString', 'azure2'])(
    'unknown provider %s: the answer lists all that are supported',
    (provider) => {
      const problem = problemOf(() => normaliseVoice({ provider, voiceId: 'jennifer' }, 'strict'));
      expect(problem.code).toBe('VALIDATION_FAILED');
      expect(fieldsOf(problem)).toEqual(['voice.provider']);
      for (const supported of PROVIDERS) expect(problem.message).toContain(supported);
    },
  );

  it.each<{ name: string; voice: Json; fields: string[] }>([
    { name: 'a string', voice: 'jennifer', fields: ['voice'] },
    { name: 'a list', voice: [{ provider: 'azure' }], fields: ['voice'] },
    { name: 'a number', voice: 7, fields: ['voice'] },
    { name: 'a number as provider', voice: { provider: 11, voiceId: 'x' }, fields: ['voice.provider'] },
    { name: 'an object as id', voice: { provider: 'azure', voiceId: {} }, fields: ['voice.voiceId'] },
    {
      name: 'both wrong, both named',
      voice: { provider: false, voiceId: ['x'] },
      fields: ['voice.provider', 'voice.voiceId'],
    },
    {
      name: 'a fallback voice that is a string',
      voice: { provider: 'azure', voiceId: 'emma', fallbackPlan: { voices: ['x'] } },
      fields: ['voice.fallbackPlan.voices[0]'],
    },
  ])('$name', ({ voice, fields }) => {
    const problem = problemOf(() => normaliseVoice(voice, 'strict'));
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem)).toEqual(fields);
  });
});

describe('policy keep-active-vapi', () => {
  it.each(ACTIVE_IDS)('%s is still offered by Vapi and stays, in Vapi’s own spelling', (id) => {
    for (const voiceId of spellings(id.toLowerCase())) {
      const { applied, reason } = normaliseVoice({ provider: 'vapi', voiceId, speed: 1.1 }, 'keep-active-vapi');
      expect({ applied, reason }).toEqual({
        applied: { provider: 'vapi', voiceId: id, speed: 1.1 },
        reason: 'supported',
      });
    }
  });

  it.each(RETIRED_IDS)('%s is gone at Vapi and is replaced all the same', (id) => {
    for (const provider of ['vapi', 'playht', 'azure', undefined]) {
      const voice: JsonObject = provider === undefined ? { voiceId: id } : { provider, voiceId: id };
      const { applied, reason } = normaliseVoice(voice, 'keep-active-vapi');
      expect({ applied, reason }).toEqual({ applied: DEFAULT, reason: 'legacy-voice' });
    }
  });

  it.each<{ name: string; voice: JsonObject; reason: string }>([
    { name: 'vapi without an id', voice: { provider: 'vapi' }, reason: 'missing-voice-id' },
    { name: 'an active id without a provider', voice: { voiceId: 'Elliot' }, reason: 'missing-provider' },
  ])('$name still ends at $reason: the policy lifts conditions 1 and 2 only', ({ voice, reason }) => {
    expect(normaliseVoice(voice, 'keep-active-vapi')).toEqual({ requested: voice, applied: DEFAULT, reason });
  });

  it('a voice of Vapi’s that is newer than our list stays, letter by letter: only retired ones are mapped', () => {
    const voice = { provider: 'vapi', voiceId: 'Aurora' };
    expect(normaliseVoice(voice, 'keep-active-vapi')).toEqual({
      requested: voice,
      applied: voice,
      reason: 'supported',
    });
  });

  it('reaches the fallback voices too', () => {
    const fallbackPlan = { voices: [{ provider: 'vapi', voiceId: 'leah' }] };
    const voice = { provider: 'azure', voiceId: 'emma', fallbackPlan };
    const { applied } = normaliseVoice(voice, 'keep-active-vapi');
    expect(applied.fallbackPlan).toEqual({ voices: [{ provider: 'vapi', voiceId: 'Leah' }] });
  });
});

it('fallbacks within fallbacks end: an answer repeats each with all that is in it', () => {
  const voice = { provider: '11labs', voiceId: 'x', note: 'n'.repeat(100_000) };
  const within = (inner: JsonObject): JsonObject => ({
    provider: '11labs',
    voiceId: 'x',
    fallbackPlan: { voices: [inner] },
  });
  const decision = normaliseVoice(within(within(within(voice))), 'strict');
  expect(JSON.stringify(decision).length).toBeLessThan(1_000_000);
  const field = `voice${'.fallbackPlan.voices[0]'.repeat(3)}.fallbackPlan`;
  const tooDeep = within(within(within(within(voice))));
  expect(fieldsOf(problemOf(() => normaliseVoice(tooDeep, 'strict')))).toEqual([field]);
});

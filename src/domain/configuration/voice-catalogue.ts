/**
 * What is known of voices, as data: providers and voices change more often than the code does. Sources: Vapi's
 * create-assistant schema (August 2026) and its notices of 2026-03-01 about retired voices.
 */

/** Replaces every voice that cannot be used. */
export const DEFAULT_VOICE = { provider: 'azure', voiceId: 'en-US-JennyNeural' } as const;

export const SUPPORTED_PROVIDERS = [
  'azure',
  'cartesia',
  'custom-voice',
  'deepgram',
  '11labs',
  'hume',
  'lmnt',
  'neuphonic',
  'openai',
  'playht',
  'wellsaid',
  'rime-ai',
  'smallest-ai',
  'tavus',
  'vapi',
  'sesame',
  'inworld',
  'minimax',
  'xai',
  'microsoft',
] as const;

/** Names that callers use for a provider, and Vapi's own. */
export const PROVIDER_ALIASES: Readonly<Record<string, string>> = { elevenlabs: '11labs', rime: 'rime-ai' };

/**
 * Providers under which a legacy id means the old Vapi voice; elsewhere (`lmnt/lily`) the id is that provider's own.
 */
export const LEGACY_PROVIDERS: readonly string[] = ['vapi', 'playht', 'azure'];

/** Providers whose voice needs no `voiceId` (a custom voice is a server). */
export const PROVIDERS_WITHOUT_VOICE_ID: readonly string[] = ['custom-voice'];

/** Vapi's own voices that it still offers. Vapi compares ids with their case. */
export const ACTIVE_VAPI_VOICES: readonly string[] = [
  'Elliot',
  'Savannah',
  'Rohan',
  'Leo',
  'Zoe',
  'Mia',
  'Jess',
  'Zac',
  'Dan',
  'Leah',
  'Tara',
  'Emma',
  'Nico',
  'Neil',
  'Sagar',
  'Kai',
  'Clara',
  'Godfrey',
  'Layla',
  'Sid',
  'Naina',
];

/** Retired voices, which Vapi refuses on every save, and the day of their retirement; null where it is not known. */
export const RETIREMENTS: Readonly<Record<string, string | null>> = {
  spencer: '2026-03-01',
  neha: '2026-03-01',
  harry: '2026-03-01',
  cole: '2026-03-01',
  paige: '2026-03-01',
  hana: '2026-03-01',
  lily: '2026-03-01',
  kylie: '2026-03-01',
  jennifer: null,
  sam: null,
};

/** The retired voices by name. */
export const RETIRED_VOICES: readonly string[] = Object.keys(RETIREMENTS);

/** Voices that the policy `strict` replaces: the retired ones, and Vapi's own that older assistants were made with. */
export const LEGACY_VOICES: readonly string[] = [
  ...RETIRED_VOICES,
  'rohan',
  'elliot',
  'savannah',
  'leah',
  'tara',
  'jess',
  'leo',
  'dan',
  'mia',
  'zac',
  'zoe',
];

/** Fields that mean the same under every provider and therefore survive a replacement. */
export const PROVIDER_INDEPENDENT_FIELDS = ['cachingEnabled', 'chunkPlan', 'fallbackPlan'] as const;

import type { VoicePolicy, VoiceReason } from '../../configuration/voice.ts';
import type { JsonObject } from '../../json.ts';
import { expect, expectAll } from '../expectations.ts';
import {
  configurationFor,
  keyOf,
  live,
  mapped,
  platformAccount,
  type Scenario,
  type Stage,
  sync,
  voiceOf,
} from '../stage.ts';

interface VoiceCase {
  purpose: string;
  requested: JsonObject;
  reason: VoiceReason;
  /**
   * `provider/voiceId` that Vapi must be given. Written out here, so that the expectation does not come from the code
   * that it checks.
   */
  applied: string;
}

const DEFAULT = 'azure/en-US-JennyNeural';

const VOICE_CASES: Readonly<Record<VoicePolicy, readonly VoiceCase[]>> = {
  strict: casesWith({ reason: 'legacy-provider', applied: DEFAULT }),
  'keep-active-vapi': casesWith({ reason: 'supported', applied: 'vapi/Nico' }),
};

function casesWith(activeVapiVoice: Pick<VoiceCase, 'reason' | 'applied'>): VoiceCase[] {
  return [
    {
      purpose: 'legacy-voice',
      requested: { provider: 'playht', voiceId: 'jennifer' },
      reason: 'legacy-voice',
      applied: DEFAULT,
    },
    { purpose: 'legacy-provider', requested: { provider: 'vapi', voiceId: 'Nico' }, ...activeVapiVoice },
    {
      purpose: 'missing-provider',
      requested: { voiceId: 'en-US-AndrewNeural' },
      reason: 'missing-provider',
      applied: DEFAULT,
    },
    {
      purpose: 'missing-voice-id',
      requested: { provider: 'azure', voiceId: '' },
      reason: 'missing-voice-id',
      applied: DEFAULT,
    },
    {
      purpose: 'supported-voice',
      requested: { provider: 'azure', voiceId: 'en-US-AndrewNeural' },
      reason: 'supported',
      applied: 'azure/en-US-AndrewNeural',
    },
  ];
}

/**
 * Each rule for voices, on an assistant of its own: Vapi accepts the voice that the rule gives and shows it, and the
 * table has the same one.
 */
export const voiceNormalisation: Scenario = {
  name: 'voice-normalisation',
  purposes: VOICE_CASES.strict.map(({ purpose }) => purpose),
  show: async (stage) => {
    const cases = VOICE_CASES[stage.deps.sync.voicePolicy];
    await expectAll(cases.map((voiceCase) => showOne(stage, voiceCase)));
    return `All ${cases.length} conditions: Vapi accepted each voice and has it, and the table says the same`;
  },
};

async function showOne(stage: Stage, { purpose, requested, reason, applied }: VoiceCase): Promise<void> {
  const synced = await sync(stage, purpose, configurationFor(stage, { voice: requested }));
  stage.details[purpose] = { assistantId: synced.assistantId, requested, applied, reason: synced.voice.reason };
  expect(
    synced.voice.reason === reason,
    `The voice of "${purpose}" was decided as ${synced.voice.reason} instead of ${reason}`,
  );
  const assistant = await live(platformAccount(stage), synced.assistantId, "the platform's account");
  const atVapi = voiceOf(assistant.config);
  expect(atVapi === applied, `Vapi has the voice ${atVapi} for "${purpose}" instead of ${applied}`);
  const mapping = await mapped(stage, purpose, synced.assistantId);
  const stored = await stage.deps.sync.specs.load(keyOf(stage, purpose), mapping.specHash ?? '');
  const inTable = stored ? voiceOf(stored.payload) : 'no configuration';
  expect(inTable === applied, `The table has ${inTable} for "${purpose}" instead of ${applied}`);
}

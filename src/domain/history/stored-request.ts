import type { AssistantKey } from '../configuration/assistant-key.ts';
import { type AssistantRequest, parseAssistantRequest } from '../configuration/assistant-request.ts';
import { withoutOwnership } from '../configuration/configuration.ts';
import type { VoicePolicy } from '../configuration/voice.ts';
import type { SpecStore } from '../mapping/stores.ts';
import { Problem } from '../problem.ts';
import { KEPT_SPECS } from './history.ts';

/**
 * A stored configuration as a request, checked like any other: its voice may have been retired since it was stored.
 * Throws `NOT_FOUND` when none is stored under this hash, `VALIDATION_FAILED` when it is no longer valid.
 */
export async function loadStoredRequest(
  specs: SpecStore,
  key: AssistantKey,
  { specHash, policy }: { specHash: string; policy: VoicePolicy },
): Promise<AssistantRequest> {
  const stored = await specs.load(key, specHash);
  if (!stored) {
    throw new Problem(
      'NOT_FOUND',
      `No configuration with this specHash is stored for the ${key.role} assistant of this organisation. GET …/${key.role}/history names those that are: the last ${KEPT_SPECS} that were applied. An older one has to be PUT again.`,
    );
  }
  try {
    // It was accepted once, by the settings of that time.
    const rules = { voicePolicy: policy, inlineCredentials: true, allowEmpty: true };
    return parseAssistantRequest({ ...withoutOwnership(stored.payload), tools: [...stored.tools] }, rules);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const detail = `The stored configuration is not valid any more (${error.message}). PUT a corrected one instead.`;
    throw new Problem('VALIDATION_FAILED', detail, { errors: error.errors });
  }
}

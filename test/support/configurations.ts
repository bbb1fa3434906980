import type { JsonObject } from '../../src/domain/json.ts';

/** A prompt that a log must never hold (see `SECRETS`). */
export const PROMPT = 'top-secret-prompt';

/** A complete configuration that Vapi accepts. */
export function configuration(overrides: JsonObject = {}): JsonObject {
  return {
    name: 'Front desk',
    firstMessage: 'Hello!',
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: PROMPT }] },
    voice: { provider: 'azure', voiceId: 'en-US-AndrewNeural' },
    ...overrides,
  };
}

/** The same with another prompt. */
export function withPrompt(text: string): JsonObject {
  return configuration({
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: `${PROMPT} ${text}` }] },
  });
}

/** The rules of a request, as they are where nobody has chosen others; a configuration without a model is let pass. */
export const RULES = { voicePolicy: 'strict', inlineCredentials: false, allowEmpty: true } as const;

import { isJsonObject, type JsonObject } from '../stack/json.ts';
import type { ResourceName } from './resources.ts';

/**
 * Defaults that Vapi adds to its replies: `fields` where the top-level field is absent, `within` inside a top-level
 * object that was declared.
 */
export type Defaults = { fields: JsonObject; within: Record<string, JsonObject> };

const CLIENT_MESSAGES =
  'conversation-update function-call hang model-output speech-update status-update transfer-update transcript tool-calls user-interrupted voice-input workflow.node.started';

const SERVER_MESSAGES =
  'conversation-update end-of-call-report function-call hang speech-update status-update tool-calls transfer-destination-request handoff-destination-request user-interrupted assistant.started';

/** The defaults of a new stand-in. */
export const STANDARD_DEFAULTS: Record<ResourceName, Defaults> = {
  assistant: {
    fields: {
      clientMessages: CLIENT_MESSAGES.split(' '),
      serverMessages: SERVER_MESSAGES.split(' '),
      maxDurationSeconds: 600,
      backgroundSound: 'off',
      firstMessageMode: 'assistant-speaks-first',
      firstMessageInterruptionsEnabled: false,
      modelOutputInMessagesEnabled: false,
      latestVersion: null,
    },
    within: {
      model: { temperature: 0.5, emotionRecognitionEnabled: false, numFastTurns: 0 },
      voice: { cachingEnabled: true },
      server: { timeoutSeconds: 20 },
    },
  },
  tool: { fields: { async: false, messages: [] }, within: { server: { timeoutSeconds: 20 } } },
  credential: { fields: {}, within: {} },
  'structured-output': { fields: {}, within: {} },
  'phone-number': { fields: { status: 'active' }, within: { server: { timeoutSeconds: 20 } } },
};

/** The fields of a reply: those declared, completed with the defaults. */
export function withDefaults(declared: JsonObject, defaults: Defaults): JsonObject {
  const completed = Object.entries(declared).map(([name, value]) => {
    const added = defaults.within[name];
    return [name, added && isJsonObject(value) ? { ...added, ...value } : value];
  });
  return { ...defaults.fields, ...Object.fromEntries(completed) };
}

import { anyObject, either, flag, list, number, type Shape, text } from './checks.ts';
import { model } from './model-schema.ts';
import { SERVER } from './server-schema.ts';
import { voice } from './voice-schema.ts';

const FIRST_MESSAGE_MODES = [
  'assistant-speaks-first',
  'assistant-speaks-first-with-model-generated-message',
  'assistant-waits-for-user',
];

/** What creating or updating an assistant takes, by hand after CreateAssistantDTO; there are no other fields. */
export const ASSISTANT: Shape = {
  fields: {
    name: text({ max: 40 }),
    transcriber: anyObject,
    model,
    voice,
    firstMessage: text(),
    firstMessageInterruptionsEnabled: flag,
    firstMessageMode: text({ oneOf: FIRST_MESSAGE_MODES }),
    voicemailDetection: either(text(), anyObject),
    clientMessages: list(text()),
    serverMessages: list(text()),
    maxDurationSeconds: number({ min: 10, max: 43_200 }),
    backgroundSound: text(),
    modelOutputInMessagesEnabled: flag,
    transportConfigurations: list(anyObject),
    observabilityPlan: anyObject,
    credentials: list(anyObject),
    hooks: list(anyObject),
    voicemailMessage: text({ max: 1000 }),
    endCallMessage: text({ max: 1000 }),
    endCallPhrases: list(text({ min: 2, max: 140 })),
    compliancePlan: anyObject,
    metadata: anyObject,
    backgroundSpeechDenoisingPlan: anyObject,
    analysisPlan: anyObject,
    artifactPlan: anyObject,
    startSpeakingPlan: anyObject,
    stopSpeakingPlan: anyObject,
    monitorPlan: anyObject,
    credentialIds: list(text()),
    server: SERVER,
    keypadInputPlan: anyObject,
  },
};

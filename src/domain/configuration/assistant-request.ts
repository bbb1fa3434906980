import * as z from 'zod/mini';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type FieldError, Problem, validationFailed } from '../problem.ts';
import { expandFlatFields, FLAT_FIELDS } from './flat-fields.ts';
import { hiddenErrors } from './masking.ts';
import { parseTools } from './tool.ts';
import { normaliseVoice, type VoiceDecision, type VoicePolicy } from './voice.ts';

/** A checked configuration: what Vapi is to be given, before our own metadata is added. */
export interface AssistantRequest {
  config: JsonObject;
  /** Definitions of the tools that the assistant is to have. */
  tools: readonly JsonObject[];
  voice: VoiceDecision;
  /** What is asked for about the traffic of the assistant; no part of its configuration. */
  traffic?: TrafficWish | undefined;
}

/** What a PUT may ask for where somebody has divided the traffic by hand. */
const TRAFFIC_WISHES = ['follow-latest'] as const;
export type TrafficWish = (typeof TRAFFIC_WISHES)[number];

/** Which configurations are accepted, apart from Vapi's own rules. */
export interface RequestRules {
  voicePolicy: VoicePolicy;
  /** True when credentials may stand in the configuration itself, and so in the table. */
  inlineCredentials: boolean;
  /** True when a configuration without a model is meant: it empties the assistant. */
  allowEmpty: boolean;
}

/** Top-level fields of Vapi's create-assistant call (published schema, August 2026), and `tools`. */
export const ASSISTANT_FIELDS: readonly string[] = [
  'transcriber',
  'model',
  'voice',
  'firstMessage',
  'firstMessageInterruptionsEnabled',
  'firstMessageMode',
  'voicemailDetection',
  'clientMessages',
  'serverMessages',
  'maxDurationSeconds',
  'backgroundSound',
  'modelOutputInMessagesEnabled',
  'transportConfigurations',
  'observabilityPlan',
  'credentials',
  'hooks',
  'name',
  'voicemailMessage',
  'endCallMessage',
  'endCallPhrases',
  'compliancePlan',
  'metadata',
  'backgroundSpeechDenoisingPlan',
  'analysisPlan',
  'artifactPlan',
  'startSpeakingPlan',
  'stopSpeakingPlan',
  'monitorPlan',
  'credentialIds',
  'server',
  'keypadInputPlan',
];

/** The largest configuration in bytes of JSON: it is kept whole in one table item (limit 400 KB). */
export const MAX_CONFIG_BYTES = 256 * 1024;

const text = z.string('must be a string');
const named = text.check(z.minLength(1, 'must not be empty'));
const anyObject = 'must be an object';

/** A number in a range, both ends included. */
function between(low: number, high: number) {
  const detail = `must be a number from ${low} to ${high}`;
  return z.number(detail).check(z.gte(low, detail), z.lte(high, detail));
}

/** Null means "clear this field". */
function field<T extends z.ZodMiniType>(schema: T) {
  return z.optional(z.nullable(schema));
}

/** Only the limits that Vapi documents: everything deeper is Vapi's to judge, and its message is passed on. */
const configSchema = z.looseObject({
  name: field(text.check(z.maxLength(40, 'use at most 40 characters'))),
  firstMessage: field(text),
  maxDurationSeconds: field(between(10, 43_200)),
  metadata: field(z.looseObject({}, anyObject)),
  transcriber: field(z.looseObject({ provider: named }, anyObject)),
  server: field(z.looseObject({ timeoutSeconds: field(between(1, 300)) }, anyObject)),
  model: field(z.looseObject({ provider: named, model: field(text) }, anyObject)),
});

/**
 * Checks the body of a PUT and brings it into Vapi's own form: flat fields of older callers are mapped, the voice is
 * normalised. Throws `VALIDATION_FAILED` naming every wrong field; nothing is dropped silently.
 */
export function parseAssistantRequest(body: unknown, rules: RequestRules): AssistantRequest {
  if (!isJsonObject(body)) throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
  const { traffic: wish, ...asked } = body;
  const errors = unknownFields(asked);
  const traffic = TRAFFIC_WISHES.find((known) => known === wish);
  if (wish !== undefined && !traffic) errors.push({ field: 'traffic', detail: 'use "follow-latest", or leave it out' });
  const { tools: given, ...expanded } = expandFlatFields(asked, errors);
  const tools = parseTools(given, errors);
  errors.push(...configErrors(expanded, tools), ...ruleErrors(expanded, rules), ...hiddenErrors(asked, ''));
  const voice = voiceOf(expanded.voice, { policy: rules.voicePolicy, errors });
  if (errors.length > 0 || voice === undefined) throw validationFailed(errors);
  return { config: { ...expanded, voice: voice.applied }, tools, voice, traffic };
}

function unknownFields(body: JsonObject): FieldError[] {
  const known = [...ASSISTANT_FIELDS, ...FLAT_FIELDS, 'tools'];
  return Object.keys(body)
    .filter((field) => !known.includes(field))
    .map((field) => ({ field, detail: 'unknown field; remove it (fields are those of Vapi’s create-assistant call)' }));
}

function configErrors(config: JsonObject, tools: readonly JsonObject[]): FieldError[] {
  const parsed = configSchema.safeParse(config);
  const issues = parsed.success ? [] : parsed.error.issues;
  const errors = issues.map(({ path, message }) => ({ field: path.join('.'), detail: message }));
  const { model } = config;
  if (isJsonObject(model) && model.provider && model.provider !== 'vapi' && (model.model ?? '') === '') {
    errors.push({ field: 'model.model', detail: 'name the model, for example "gpt-4o"' });
  }
  if (tools.length > 0 && !isJsonObject(model)) {
    errors.push({ field: 'tools', detail: 'tools belong to a model; send `model` too' });
  }
  if (Buffer.byteLength(JSON.stringify(tools.length > 0 ? { ...config, tools } : config)) > MAX_CONFIG_BYTES) {
    errors.push({
      field: 'body',
      detail: `larger than ${MAX_CONFIG_BYTES} bytes; move long texts to a knowledge base`,
    });
  }
  return errors;
}

function ruleErrors({ model, credentials }: JsonObject, { allowEmpty, inlineCredentials }: RequestRules): FieldError[] {
  const errors: FieldError[] = [];
  if ((model === undefined || model === null) && !allowEmpty) {
    const detail =
      'is missing; give one, as what a PUT of an assistant leaves out is cleared (?allowEmpty=true allows that)';
    errors.push({ field: 'model', detail });
  }
  // A value that is not a list counts too: Vapi would refuse it, but only after it was stored.
  const mayHoldKeys = (credentials ?? null) !== null && !(Array.isArray(credentials) && credentials.length === 0);
  if (mayHoldKeys && !inlineCredentials) {
    const detail =
      'must not hold keys: make a credential at Vapi and name it in `credentialIds` (or `server.credentialId`)';
    errors.push({ field: 'credentials', detail });
  }
  return errors;
}

function voiceOf(
  requested: Json | undefined,
  { policy, errors }: { policy: VoicePolicy; errors: FieldError[] },
): VoiceDecision | undefined {
  try {
    return normaliseVoice(requested, policy);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    errors.push(...error.errors);
    return undefined;
  }
}

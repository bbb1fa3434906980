import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldError } from '../problem.ts';

/** Where each flat field of older callers belongs in Vapi's own form. */
const TARGETS: Readonly<Record<string, readonly [string, string]>> = {
  modelProvider: ['model', 'provider'],
  modelName: ['model', 'model'],
  voiceProvider: ['voice', 'provider'],
  voiceId: ['voice', 'voiceId'],
  language: ['transcriber', 'language'],
  serverUrl: ['server', 'url'],
};

export const FLAT_FIELDS: readonly string[] = ['systemPrompt', ...Object.keys(TARGETS)];

/** The transcriber when only a language is given: Deepgram needs nothing but its name. */
const LANGUAGE_TRANSCRIBER = 'deepgram';

/**
 * Moves flat fields to their place. A flat field that contradicts the same field in nested form is an error, added to
 * `errors`; null means "not given".
 */
export function expandFlatFields(body: JsonObject, errors: FieldError[]): JsonObject {
  let config = Object.fromEntries(Object.entries(body).filter(([field]) => !FLAT_FIELDS.includes(field)));
  for (const [flat, [object, key]] of Object.entries(TARGETS)) {
    config = place(config, { flat, object, key, value: body[flat], errors });
  }
  config = placeSystemPrompt(config, body.systemPrompt, errors);
  const transcriber = config.transcriber;
  if (isJsonObject(transcriber) && body.language && transcriber.provider === undefined) {
    config = { ...config, transcriber: { provider: LANGUAGE_TRANSCRIBER, ...transcriber } };
  }
  return config;
}

interface Placement {
  flat: string;
  object: string;
  key: string;
  value: Json | undefined;
  errors: FieldError[];
}

function place(config: JsonObject, { flat, object, key, value, errors }: Placement): JsonObject {
  if (value === undefined || value === null || value === '') return config;
  if (typeof value !== 'string') {
    errors.push({ field: flat, detail: 'must be a string' });
    return config;
  }
  const nested = config[object] ?? {};
  if (!isJsonObject(nested)) return config;
  const present = nested[key];
  if (present !== undefined && present !== null && present !== value) {
    errors.push({ field: flat, detail: `contradicts ${object}.${key}; give only one of them` });
    return config;
  }
  return { ...config, [object]: { ...nested, [key]: value } };
}

function placeSystemPrompt(config: JsonObject, prompt: Json | undefined, errors: FieldError[]): JsonObject {
  if (prompt === undefined || prompt === null) return config;
  if (typeof prompt !== 'string') {
    errors.push({ field: 'systemPrompt', detail: 'must be a string' });
    return config;
  }
  const model = config.model ?? {};
  if (!isJsonObject(model)) return config;
  const messages = model.messages ?? [];
  if (!Array.isArray(messages)) {
    errors.push({ field: 'model.messages', detail: 'must be a list' });
    return config;
  }
  const system = messages.find((message) => isJsonObject(message) && message.role === 'system');
  if (isJsonObject(system)) {
    if (system.content !== prompt) {
      errors.push({ field: 'systemPrompt', detail: 'contradicts the system message in model.messages; give only one' });
    }
    return config;
  }
  return { ...config, model: { ...model, messages: [{ role: 'system', content: prompt }, ...messages] } };
}

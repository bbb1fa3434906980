import { isJsonObject, type Json, type JsonObject } from '../json.ts';

/** A configuration in a few words. It never holds a prompt. */
export interface SpecSummary {
  name?: string;
  /** `provider/model`. */
  model?: string;
  /** `provider/voiceId`. */
  voice?: string;
}

/** Name, model and voice of a configuration. */
export function summarise({ name, model, voice }: JsonObject): SpecSummary {
  const modelName = pathOf(model, 'model');
  const voiceName = pathOf(voice, 'voiceId');
  return {
    name: typeof name === 'string' ? short(name) : undefined,
    model: modelName && short(modelName),
    voice: voiceName && short(voiceName),
  };
}

/**
 * The longest text of a summary, in characters: rows and lists carry it, and a field of a configuration may have 256
 * KB.
 */
const LONGEST = 120;

function short(text: string): string {
  // A cut may split a surrogate pair, and DynamoDB takes valid Unicode only.
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1).toWellFormed()}…`;
}

function pathOf(value: Json | undefined, field: string): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const parts = [value.provider, value[field]].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join('/') : undefined;
}

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
    name: typeof name === 'string' ? name : undefined,
    model: modelName,
    voice: voiceName,
  };
}

function pathOf(value: Json | undefined, field: string): string | undefined {
  if (!isJsonObject(value)) return undefined;
  const parts = [value.provider, value[field]].filter((part) => typeof part === 'string' && part !== '');
  return parts.length > 0 ? parts.join('/') : undefined;
}

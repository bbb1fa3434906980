import { isJsonObject } from '../stack/json.ts';
import {
  anyObject,
  anything,
  type Check,
  checkShape,
  each,
  flag,
  list,
  number,
  object,
  type Shape,
  text,
} from './checks.ts';
import { MODELS } from './models.ts';

/** Fields of a model beyond the common ones, by provider, after Vapi's published schema of August 2026. */
const FIELDS_BY_PROVIDER: Record<string, string> = {
  anthropic: 'maxTokens thinking',
  'anthropic-bedrock': 'maxTokens thinking',
  anyscale: 'maxTokens',
  cerebras: 'maxTokens',
  'custom-llm': 'maxTokens metadataSendMode headers url wordLevelConfidenceEnabled timeoutSeconds',
  deepinfra: 'maxTokens',
  'deep-seek': 'maxTokens',
  google: 'maxTokens realtimeConfig',
  groq: 'maxTokens',
  'inflection-ai': 'maxTokens',
  minimax: 'maxTokens',
  openai: 'maxTokens fallbackModels toolStrictCompatibilityMode promptCacheRetention promptCacheKey reasoningEffort',
  openrouter: 'maxTokens',
  'perplexity-ai': 'maxTokens',
  'together-ai': 'maxTokens',
  xai: 'maxTokens',
  vapi: 'version workflowId workflow',
};

const REQUIRED_BY_PROVIDER: Record<string, readonly string[]> = {
  vapi: ['provider'],
  'custom-llm': ['provider', 'model', 'url'],
};

/** A language model of a known provider with nothing unknown in it. */
export const model: Check = (value, path) => {
  if (!isJsonObject(value)) return [`${path} must be an object`];
  const { provider } = value;
  if (typeof provider !== 'string' || !Object.hasOwn(FIELDS_BY_PROVIDER, provider)) {
    return [`${path}.provider must be one of the following values: ${Object.keys(FIELDS_BY_PROVIDER).join(', ')}`];
  }
  return checkShape(value, shapeOf(provider), path);
};

/** Azure's region, where it serves a model of OpenAI. */
const REGION = /:[a-z0-9]+$/;

function modelOf(provider: string): Check {
  const models = MODELS[provider];
  if (!models) return text({ min: 1 });
  return (value, path) => {
    const isKnown =
      typeof value === 'string' && models.includes(provider === 'openai' ? value.replace(REGION, '') : value);
    return isKnown ? [] : [`${path} must be one of the following values: ${models.join(', ')}`];
  };
}

function shapeOf(provider: string): Shape {
  return {
    fields: {
      ...each(FIELDS_BY_PROVIDER[provider] ?? ''),
      provider: text(),
      model: modelOf(provider),
      messages: list(anyObject),
      tools: list(anyObject),
      toolIds: list(text()),
      toolRefs: list(object({ fields: { toolId: text(), version: anything }, required: ['toolId', 'version'] })),
      knowledgeBase: anything,
      temperature: number({ min: 0, max: 2 }),
      emotionRecognitionEnabled: flag,
      numFastTurns: number({ min: 0 }),
    },
    required: REQUIRED_BY_PROVIDER[provider] ?? ['provider', 'model'],
  };
}

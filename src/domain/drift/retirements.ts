import * as z from 'zod/mini';
import type { Resource } from '../account/vapi-account.ts';
import { compareTexts } from '../compare-texts.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import { DEFAULT_VOICE, LEGACY_PROVIDERS, RETIREMENTS } from '../configuration/voice-catalogue.ts';
import { isJsonObject, type Json } from '../json.ts';

/** A model or a voice that is retired, or will be, and how many assistants use it. */
export const retirementSchema = z.object({
  kind: z.enum(['model', 'voice']),
  provider: z.string(),
  id: z.string(),
  /** The day (ISO 8601); null where it is not known. */
  on: z.nullable(z.string()),
  /** Its replacement, as Vapi or the voice catalogue names it. */
  replacement: z.nullable(z.string()),
  assistants: z.number(),
  /** Some of these assistants: `acme/inbound`. */
  examples: z.array(z.string()),
});

export type Retirement = z.infer<typeof retirementSchema>;

/** The most retirements that are listed, and the most examples of each. */
const MAX_RETIREMENTS = 50;
const MAX_EXAMPLES = 5;

/** The retirements that concern an assistant: of models as Vapi announces them, of voices as the catalogue has them. */
export function retirementsOf({ config }: Resource, { orgId, role }: AssistantKey): Retirement[] {
  const found = [...modelsOf(config.modelDeprecations), ...voiceOf(config.voice)];
  return found.map((one) => ({ ...one, assistants: 1, examples: [`${orgId}/${role}`] }));
}

type Stops = Omit<Retirement, 'assistants' | 'examples'>;

/** An assistant may use one model in several slots: it counts once. */
function modelsOf(deprecations: Json | undefined): Stops[] {
  const listed = Array.isArray(deprecations) ? deprecations.filter(isJsonObject) : [];
  const models = listed.flatMap(({ provider, model, retirementDate, deprecationDate, replacementModel }): Stops[] => {
    const id = textOf(model);
    if (id === undefined) return [];
    const on = textOf(retirementDate) ?? textOf(deprecationDate) ?? null;
    return [{ kind: 'model', provider: textOf(provider) ?? '', id, on, replacement: textOf(replacementModel) ?? null }];
  });
  return [...new Map(models.map((model) => [nameOf(model), model])).values()];
}

function voiceOf(voice: Json | undefined): Stops[] {
  if (!isJsonObject(voice)) return [];
  const { provider, voiceId } = voice;
  const id = textOf(voiceId);
  if (id === undefined || typeof provider !== 'string' || !LEGACY_PROVIDERS.includes(provider)) return [];
  const on = RETIREMENTS[id.toLowerCase()];
  if (on === undefined) return [];
  return [{ kind: 'voice', provider, id, on, replacement: `${DEFAULT_VOICE.provider}/${DEFAULT_VOICE.voiceId}` }];
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function nameOf({ kind, provider, id, on }: Stops): string {
  return `${kind} ${provider} ${id} ${on}`;
}

/** Both lists in one, the soonest first. */
export function addRetirements(a: readonly Retirement[], b: readonly Retirement[]): Retirement[] {
  const sum = new Map(a.map((one) => [nameOf(one), one]));
  for (const one of b) {
    const before = sum.get(nameOf(one));
    const assistants = (before?.assistants ?? 0) + one.assistants;
    const examples = [...new Set([...(before?.examples ?? []), ...one.examples])].slice(0, MAX_EXAMPLES);
    sum.set(nameOf(one), { ...one, assistants, examples });
  }
  return [...sum.values()].toSorted(bySoonest).slice(0, MAX_RETIREMENTS);
}

function bySoonest(a: Retirement, b: Retirement): number {
  return compareTexts(a.on ?? '', b.on ?? '') || compareTexts(nameOf(a), nameOf(b));
}

/** How long before the day it counts as soon, in ms. */
const AHEAD_MS = 30 * 86_400_000;

/** The number of assistants with a retirement within 30 days of `now` (epoch ms), or before. */
export function retiringSoon(retirements: readonly Retirement[], now: number): number {
  const isSoon = ({ on }: Retirement) => on === null || Date.parse(on) <= now + AHEAD_MS;
  return retirements.filter(isSoon).reduce((sum, { assistants }) => sum + assistants, 0);
}

import { z } from 'zod';
import { type Defaults, STANDARD_DEFAULTS } from './defaults.ts';
import type { ResourceName } from './resources.ts';

const record = z.record(z.string(), z.unknown());
const defaultsOfOne = z.object({ fields: record.default({}), within: z.record(z.string(), record).default({}) });

const deprecation = z.strictObject({
  provider: z.string(),
  model: z.string(),
  deprecationDate: z.string().optional(),
  retirementDate: z.string().optional(),
  replacementModel: z.string().optional(),
  replacementStatus: z.enum(['available', 'manual-action-required']).optional(),
});

/** Changes to the settings of a running stand-in; absent ones stay as they are. */
const settingsChange = z.strictObject({
  /** Bearer keys and the account that each opens. */
  accounts: z.record(z.string(), z.string()).optional(),
  /** The delay before each request, in ms. */
  latencyMs: z.number().min(0).optional(),
  /** How long a new resource is missing in lists, in ms; GET by id shows it at once. */
  listLagMs: z.number().min(0).optional(),
  /** Ids that DELETE refuses with 409. */
  pinned: z.array(z.string()).optional(),
  /** Whether traffic may be divided among versions: in no account, in all, or in those that are named. */
  traffic: z.union([z.boolean(), z.array(z.string())]).optional(),
  /** Models that will be retired: announced in each reply about an assistant that uses one. */
  modelDeprecations: z.array(deprecation).optional(),
  /** Voices (`provider/voiceId`) that are refused as retired, besides those that are. */
  refusedVoices: z.array(z.string()).optional(),
  /** Server-side defaults, replaced per resource. */
  defaults: z
    .object({ assistant: defaultsOfOne, tool: defaultsOfOne, 'phone-number': defaultsOfOne })
    .partial()
    .optional(),
});

/** See `settingsChange` for each. */
export type SettingsChange = z.input<typeof settingsChange>;

/** How the stand-in behaves at this moment. */
export type Settings = {
  accounts: Record<string, string>;
  latencyMs: number;
  listLagMs: number;
  pinned: string[];
  refusedVoices: string[];
  traffic: boolean | string[];
  modelDeprecations: z.output<typeof deprecation>[];
  defaults: Record<ResourceName, Defaults>;
};

/** A stand-in that knows these keys and does nothing unusual. */
export function initialSettings(accounts: Record<string, string>): Settings {
  const nothingUnusual = {
    latencyMs: 0,
    listLagMs: 0,
    pinned: [],
    refusedVoices: [],
    traffic: false,
    modelDeprecations: [],
  };
  return { accounts, ...nothingUnusual, defaults: STANDARD_DEFAULTS };
}

/** The settings after a change; throws a ZodError on an unknown or ill-typed one. */
export function changeSettings(settings: Settings, change: unknown): Settings {
  const { defaults, ...rest } = settingsChange.parse(change);
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  return { ...settings, ...given, defaults: { ...settings.defaults, ...definedOnly(defaults) } };
}

function definedOnly(defaults: z.output<typeof settingsChange>['defaults']): Partial<Record<ResourceName, Defaults>> {
  return {
    ...(defaults?.assistant && { assistant: defaults.assistant }),
    ...(defaults?.tool && { tool: defaults.tool }),
    ...(defaults?.['phone-number'] && { 'phone-number': defaults['phone-number'] }),
  };
}

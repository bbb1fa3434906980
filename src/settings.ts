import * as z from 'zod/mini';
import { ApiKey } from './domain/account/api-key.ts';
import { DRIFT_MODES, type DriftMode } from './domain/account/organisation-record.ts';
import { VOICE_POLICIES, type VoicePolicy } from './domain/configuration/voice.ts';
import type { DriftLimits } from './domain/drift/drift-dependencies.ts';

/** All that the environment configures. */
export interface Settings {
  tableName: string;
  secretPrefix: string;
  vapiBaseUrl: string;
  platformKey: ApiKey | undefined;
  taskQueueUrl: string;
  /** The event bus to which changes are told. */
  eventBusName: string;
  /** How long changes are kept, in days. */
  changeRetentionDays: number;
  deploymentId: string;
  voicePolicy: VoicePolicy;
  /** True when credentials may stand in a configuration itself. */
  inlineCredentials: boolean;
  /** True when only organisations with a secret, a record or a mapping are served. */
  knownOrganisationsOnly: boolean;
  orgClaim: string | undefined;
  driftMode: DriftMode;
  drift: DriftLimits;
  /** After this long without progress the task of a rollout counts as lost, in ms. */
  rolloutStalledMs: number;
}

const notEmpty = z.string('missing').check(z.minLength(1, 'missing'));

const MINUTE_MS = 60_000;

interface Bounds {
  min: number;
  max: number;
}

/** A number within bounds. */
function numberWithin({ min, max }: Bounds) {
  const error = `not a number from ${min} to ${max}`;
  return z.coerce.number(error).check(z.minimum(min, error), z.maximum(max, error));
}

/** A number within bounds, with a default. */
function number(standard: number, bounds: Bounds) {
  return z._default(numberWithin(bounds), standard);
}

const pointers = z.pipe(
  z.string().check(z.regex(/^\s*(\/\S+\s*)*$/, 'not JSON Pointers (/voice/voiceId) separated by blanks')),
  z.transform((text: string) => text.split(/\s+/).filter((pointer) => pointer !== '')),
);

const environmentSchema = z.object({
  TABLE_NAME: notEmpty,
  SECRET_PREFIX: notEmpty.check(
    z.regex(/^[A-Za-z0-9/_+=.@-]*[A-Za-z0-9_+=.@-]$/, 'not the beginning of a secret name'),
  ),
  VAPI_BASE_URL: z._default(
    z
      .url({ protocol: /^https?$/, error: 'not an http(s) URL' })
      .check(z.regex(/^[^?#@]*$/, 'not a URL without user, query and fragment')),
    'https://api.vapi.ai',
  ),
  VAPI_PRIVATE_KEY: z.optional(
    z.string().check(z.refine((text) => ApiKey.clean(text) !== undefined, 'not a usable key')),
  ),
  TASK_QUEUE_URL: notEmpty.check(z.url('not a URL')),
  EVENT_BUS_NAME: z._default(z.string(), 'default'),
  CHANGE_RETENTION_DAYS: number(400, { min: 1, max: 3650 }),
  DEPLOYMENT_ID: notEmpty,
  VOICE_POLICY: z._default(z.enum(VOICE_POLICIES, `not one of ${VOICE_POLICIES.join(', ')}`), 'strict'),
  INLINE_CREDENTIALS: z._default(z.enum(['refuse', 'allow'], 'not one of refuse, allow'), 'refuse'),
  KNOWN_ORGANISATIONS_ONLY: z._default(z.enum(['true', 'false'], 'not one of true, false'), 'false'),
  JWT_ORG_CLAIM: z.optional(z.string()),
  DRIFT_MODE: z._default(z.enum(DRIFT_MODES, `not one of ${DRIFT_MODES.join(', ')}`), 'report'),
  DRIFT_PAGE_SIZE: number(100, { min: 1, max: 1000 }),
  DRIFT_PARALLEL_WINDOWS: number(2, { min: 1, max: 50 }),
  DRIFT_CALLS_PER_SECOND: number(2, { min: 0.1, max: 1000 }),
  BACKGROUND_CALLS_PER_SECOND: z.optional(numberWithin({ min: 0.1, max: 1000 })),
  ROLLOUT_STALLED_SECONDS: number(60, { min: 1, max: 86_400 }),
  DRIFT_GRACE_MINUTES: number(60, { min: 0, max: 100_000 }),
  DRIFT_MAX_REMOVALS: number(25, { min: 0, max: 100_000 }),
  DRIFT_IGNORE: z._default(pointers, []),
  DRIFT_TRAFFIC: z._default(z.enum(['keep', 'follow-latest'], 'not one of keep, follow-latest'), 'keep'),
});

/** Names everything that is wrong with the environment, in one message. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** Reads the settings. Throws `SettingsError` naming every setting that is missing or bad; values are not repeated. */
export function readSettings(environment: Readonly<Record<string, string | undefined>> = process.env): Settings {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const bad = parsed.error.issues.map(({ path: [name], message }) => `${String(name)} (${message})`);
    throw new SettingsError(`Set these environment variables: ${bad.join(', ')}`);
  }
  const { VAPI_PRIVATE_KEY, ...settings } = parsed.data;
  return {
    tableName: settings.TABLE_NAME,
    secretPrefix: settings.SECRET_PREFIX,
    vapiBaseUrl: settings.VAPI_BASE_URL.replace(/\/+$/, ''),
    platformKey: VAPI_PRIVATE_KEY ? ApiKey.clean(VAPI_PRIVATE_KEY) : undefined,
    taskQueueUrl: settings.TASK_QUEUE_URL,
    eventBusName: settings.EVENT_BUS_NAME,
    changeRetentionDays: settings.CHANGE_RETENTION_DAYS,
    deploymentId: settings.DEPLOYMENT_ID,
    voicePolicy: settings.VOICE_POLICY,
    inlineCredentials: settings.INLINE_CREDENTIALS === 'allow',
    knownOrganisationsOnly: settings.KNOWN_ORGANISATIONS_ONLY === 'true',
    orgClaim: settings.JWT_ORG_CLAIM,
    driftMode: settings.DRIFT_MODE,
    drift: driftLimits(settings),
    rolloutStalledMs: settings.ROLLOUT_STALLED_SECONDS * 1000,
  };
}

/**
 * True when the present call is to be traced: on Lambda, with tracing on, and sampled by X-Ray, which decides anew for
 * each call.
 */
export function isTraceWanted(environment: Readonly<Record<string, string | undefined>> = process.env): boolean {
  const { AWS_EXECUTION_ENV, POWERTOOLS_TRACE_ENABLED, _X_AMZN_TRACE_ID } = environment;
  if (!AWS_EXECUTION_ENV || POWERTOOLS_TRACE_ENABLED?.toLowerCase() === 'false') return false;
  return _X_AMZN_TRACE_ID?.includes('Sampled=0') !== true;
}

type DriftVariables = Pick<
  z.infer<typeof environmentSchema>,
  | 'DRIFT_PAGE_SIZE'
  | 'DRIFT_PARALLEL_WINDOWS'
  | 'DRIFT_CALLS_PER_SECOND'
  | 'BACKGROUND_CALLS_PER_SECOND'
  | 'DRIFT_GRACE_MINUTES'
  | 'DRIFT_MAX_REMOVALS'
  | 'DRIFT_IGNORE'
  | 'DRIFT_TRAFFIC'
>;

function driftLimits(settings: DriftVariables): DriftLimits {
  return {
    pageSize: Math.floor(settings.DRIFT_PAGE_SIZE),
    parallelWindows: Math.floor(settings.DRIFT_PARALLEL_WINDOWS),
    callsPerSecond: settings.BACKGROUND_CALLS_PER_SECOND ?? settings.DRIFT_CALLS_PER_SECOND,
    graceMs: settings.DRIFT_GRACE_MINUTES * MINUTE_MS,
    maxRemovals: Math.floor(settings.DRIFT_MAX_REMOVALS),
    ignored: settings.DRIFT_IGNORE,
    takesPinsOff: settings.DRIFT_TRAFFIC === 'follow-latest',
    ...FIXED_DRIFT_LIMITS,
  };
}

/** Limits that have no setting. */
const FIXED_DRIFT_LIMITS = { windowPages: 10, batchSize: 25, maxFailures: 3 } as const;

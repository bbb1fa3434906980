import * as z from 'zod/mini';
import { ApiKey } from './domain/api-key.ts';
import { VOICE_POLICIES, type VoicePolicy } from './domain/voice.ts';

/** All that the environment configures. */
export interface Settings {
  tableName: string;
  secretPrefix: string;
  vapiBaseUrl: string;
  platformKey: ApiKey | undefined;
  taskQueueUrl: string;
  deploymentId: string;
  voicePolicy: VoicePolicy;
  orgClaim: string | undefined;
}

const notEmpty = z.string('missing').check(z.minLength(1, 'missing'));

const environmentSchema = z.object({
  TABLE_NAME: notEmpty,
  SECRET_PREFIX: notEmpty.check(
    z.regex(/^[A-Za-z0-9/_+=.@-]*[A-Za-z0-9_+=.@-]$/, 'not the beginning of a secret name'),
  ),
  VAPI_BASE_URL: z._default(z.url({ protocol: /^https?$/, error: 'not an http(s) URL' }), 'https://api.vapi.ai'),
  VAPI_PRIVATE_KEY: z.optional(
    z.string().check(z.refine((text) => ApiKey.clean(text) !== undefined, 'not a usable key')),
  ),
  TASK_QUEUE_URL: notEmpty.check(z.url('not a URL')),
  DEPLOYMENT_ID: notEmpty,
  VOICE_POLICY: z._default(z.enum(VOICE_POLICIES, `not one of ${VOICE_POLICIES.join(', ')}`), 'strict'),
  JWT_ORG_CLAIM: z.optional(z.string()),
});

/** What is wrong with the environment, all of it in one message. */
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
    deploymentId: settings.DEPLOYMENT_ID,
    voicePolicy: settings.VOICE_POLICY,
    orgClaim: settings.JWT_ORG_CLAIM,
  };
}

import * as z from 'zod/mini';
import type { Journal } from '../journal.ts';
import { Problem } from '../problem.ts';
import { ApiKey } from './api-key.ts';
import type { OrganisationRecord } from './organisation-record.ts';
import type { CredentialSource, Scope } from './scope.ts';

/** How an organisation reaches Vapi, and what it already has there. */
export interface Access {
  source: CredentialSource;
  scope: Scope;
  apiKey: ApiKey;
  /** The assistant that the organisation's secret or record names: one from before this service. */
  namedAssistantId?: string;
  /** The number whose calls the organisation's inbound assistant answers. */
  phoneNumberId?: string;
  /** True when the answer may be minutes old. Nothing is created on the strength of that. */
  cached: boolean;
}

export type SecretName = { kind: 'platform' } | { kind: 'org'; orgId: string };

/** `absent` only when the secret does not exist. Everything else that goes wrong is thrown as a `Problem`. */
export type SecretLookup = { kind: 'found'; text: string; cached: boolean } | { kind: 'absent'; cached: boolean };

export interface SecretStore {
  read(name: SecretName): Promise<SecretLookup>;
  /** Drops what is remembered of a secret, so that the next read is fresh. */
  forget(name: SecretName): void;
  /** The id of a secret in the secret store, for messages. */
  idOf(name: SecretName): string;
}

export interface CredentialDependencies {
  secrets: SecretStore;
  /** The platform key from the settings, used when there is no platform secret. */
  platformKey: ApiKey | undefined;
}

interface AccessRequest {
  orgId: string;
  /** Asked for only when the organisation has no secret of its own. */
  record: () => Promise<OrganisationRecord | undefined>;
  journal: Journal;
}

const orgSecretSchema = z.object({
  apiKey: z.string(),
  assistantId: z.optional(z.nullable(z.string())),
  phoneNumberId: z.optional(z.nullable(z.string())),
});
const platformSecretSchema = z.object({ apiKey: z.string() });

/**
 * Finds the key for an organisation: its own secret, else the platform key (with the assistant of the organisation
 * record, if it names one). Only a secret that does not exist falls through; a fault stops, because going on would look
 * for the organisation's assistant in another account and make it again there.
 * Throws `CREDENTIALS_MISSING`, `CREDENTIALS_INVALID`.
 */
export async function resolveAccess(deps: CredentialDependencies, request: AccessRequest): Promise<Access> {
  const name: SecretName = { kind: 'org', orgId: request.orgId };
  const own = await deps.secrets.read(name);
  if (own.kind === 'found') {
    const id = deps.secrets.idOf(name);
    const secret = parseSecret(own.text, { schema: orgSecretSchema, id });
    return {
      source: 'org-secret',
      scope: 'org',
      apiKey: usableKey(secret.apiKey, id),
      ...known(secret.assistantId, (what) => invalid(id, what)),
      ...phoneNumber(secret.phoneNumberId),
      cached: own.cached,
    };
  }
  // Recorded when the secret is read, not for each remembered answer: `CREDENTIALS_RESOLVED` names the source in every
  // log.
  if (!own.cached) request.journal.record({ code: 'CREDENTIALS_FELL_THROUGH', from: 'org-secret' });
  const apiKey = await resolvePlatformKey(deps);
  const record = await request.record();
  const assistant = known(record?.vapiAssistantId, (what) => {
    return new Problem('CREDENTIALS_INVALID', `The organisation record ${what}.`);
  });
  return {
    source: assistant.namedAssistantId ? 'org-record' : 'platform',
    scope: 'platform',
    apiKey,
    ...assistant,
    ...phoneNumber(record?.vapiPhoneNumberId),
    // Only the answer that there is no own key must be fresh; a platform key that is minutes old does no harm.
    cached: own.cached,
  };
}

function known(
  assistantId: string | null | undefined,
  problem: (what: string) => Problem,
): { namedAssistantId?: string } {
  const id = assistantId?.trim();
  if (!id) return {};
  if (z.uuid().safeParse(id).success) return { namedAssistantId: id };
  throw problem('names an assistant id that is not one of Vapi (a UUID); correct it or remove it');
}

/**
 * Not checked here: whether Vapi knows the number is seen when it is linked, and an unknown one does not stop a sync.
 */
function phoneNumber(id: string | null | undefined): { phoneNumberId?: string } {
  const phoneNumberId = id?.trim();
  return phoneNumberId ? { phoneNumberId } : {};
}

/** The key of an organisation's own account; undefined when it has none. Throws as `resolveAccess` does. */
export async function resolveOwnKey(
  deps: CredentialDependencies,
  { orgId, journal }: Omit<AccessRequest, 'record'>,
): Promise<ApiKey | undefined> {
  const access = await resolveAccess(deps, { orgId, record: async () => undefined, journal });
  return access.scope === 'org' ? access.apiKey : undefined;
}

/** The platform's key: its secret, else the setting. Throws `CREDENTIALS_MISSING` when there is neither. */
export async function resolvePlatformKey(deps: CredentialDependencies): Promise<ApiKey> {
  const name: SecretName = { kind: 'platform' };
  const id = deps.secrets.idOf(name);
  const lookup = await deps.secrets.read(name);
  if (lookup.kind === 'found') {
    const { apiKey } = parseSecret(lookup.text, { schema: platformSecretSchema, id });
    return usableKey(apiKey, id);
  }
  if (deps.platformKey) return deps.platformKey;
  throw new Problem(
    'CREDENTIALS_MISSING',
    `Neither the organisation nor the platform has a Vapi key. Create the secret ${id} with {"apiKey": "…"} or set VAPI_PRIVATE_KEY.`,
  );
}

/**
 * The key for a scope, as far as the organisation has it now; undefined for its own account when its secret is gone.
 */
export async function keyOfScope(
  deps: CredentialDependencies,
  { scope, access }: { scope: Scope; access: Access },
): Promise<ApiKey | undefined> {
  if (scope === access.scope) return access.apiKey;
  return scope === 'org' ? undefined : await resolvePlatformKey(deps);
}

/** True when both reach the same account with the same key and know the same assistant and number. */
export function isSameAccess(a: Access, b: Access): boolean {
  return (
    a.scope === b.scope &&
    a.apiKey.fingerprint === b.apiKey.fingerprint &&
    a.namedAssistantId === b.namedAssistantId &&
    a.phoneNumberId === b.phoneNumberId
  );
}

/** Drops every remembered secret that `resolveAccess` may have used for an organisation. */
export function forgetAccess(deps: CredentialDependencies, orgId: string): void {
  deps.secrets.forget({ kind: 'org', orgId });
  deps.secrets.forget({ kind: 'platform' });
}

function parseSecret<T extends z.ZodMiniType>(text: string, { schema, id }: { schema: T; id: string }): z.infer<T> {
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw invalid(id, 'is not JSON of the form {"apiKey": "…"}');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which holds the key: it goes no further.
    return undefined;
  }
}

function usableKey(text: string, id: string): ApiKey {
  const apiKey = ApiKey.clean(text);
  if (apiKey) return apiKey;
  throw invalid(id, 'holds an empty apiKey, or one with characters that no HTTP header can carry');
}

/** The problem with one secret, which is named by its id. */
export function invalid(id: string, what: string, options?: { cause?: unknown; retryAfterSeconds?: number }): Problem {
  const detail = `The secret ${id} ${what}. No other key is used in its place; repair the secret and repeat the request.`;
  return new Problem('CREDENTIALS_INVALID', detail, options);
}

import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import type { AssistantKey } from './assistant-key.ts';
import type { AssistantRequest } from './assistant-request.ts';
import { isJsonObject, type JsonObject } from './json.ts';
import { validationFailed } from './problem.ts';

/** What the assistant is to be: the whole payload, and its hash, which depends on nothing else. */
export interface DesiredAssistant {
  payload: JsonObject;
  /** SHA-256 (hex) of the RFC 8785 canonical JSON of `payload`. */
  specHash: string;
}

export const MANAGED_BY = 'vapi-sync';

/** Metadata by which an assistant at Vapi is known as ours. `claimToken` is added by the create call alone. */
const RESERVED_METADATA = ['managedBy', 'deployment', 'orgId', 'role', 'claimToken'] as const;

/** The metadata that says whose assistant this is. */
export function ownership(key: AssistantKey, deployment: string): JsonObject {
  return { managedBy: MANAGED_BY, deployment, orgId: key.orgId, role: key.role };
}

/** True when an assistant's metadata says that this deployment made it for `key`. */
export function isOurs(config: JsonObject, key: AssistantKey, deployment: string): boolean {
  const metadata = config.metadata;
  if (!isJsonObject(metadata)) return false;
  return Object.entries(ownership(key, deployment)).every(([name, value]) => metadata[name] === value);
}

/**
 * Builds the payload for `key`: the request with our ownership merged into its metadata. Throws `VALIDATION_FAILED` for
 * metadata that is ours to write and for text that is not valid Unicode (it has no canonical form).
 */
export function desireAssistant(request: AssistantRequest, key: AssistantKey, deployment: string): DesiredAssistant {
  const metadata = request.config.metadata;
  const given = isJsonObject(metadata) ? metadata : {};
  const taken = RESERVED_METADATA.filter((name) => Object.hasOwn(given, name));
  if (taken.length > 0) {
    throw validationFailed(
      taken.map((name) => ({ field: `metadata.${name}`, detail: 'reserved; choose another name' })),
    );
  }
  const payload = { ...request.config, metadata: { ...given, ...ownership(key, deployment) } };
  return { payload, specHash: hashOf(payload) };
}

/** SHA-256 (hex) of the RFC 8785 canonical form of a payload. */
export function hashOf(payload: JsonObject): string {
  return createHash('sha256').update(canonicalForm(payload)).digest('hex');
}

function canonicalForm(payload: JsonObject): string {
  try {
    const text: unknown = canonicalize(payload);
    if (typeof text === 'string') return text;
  } catch (cause) {
    const detail = Error.isError(cause) ? cause.message : 'no canonical form';
    throw validationFailed([{ field: 'body', detail: `${detail}; send valid Unicode and finite numbers` }]);
  }
  throw validationFailed([{ field: 'body', detail: 'must be a JSON object' }]);
}

import { isJsonObject, type JsonObject } from '../json.ts';
import { type FieldError, validationFailed } from '../problem.ts';
import type { AssistantKey } from './assistant-key.ts';
import type { AssistantRequest } from './assistant-request.ts';
import { hashOf } from './canonical-hash.ts';
import { type DesiredTool, desireTools } from './tool.ts';

/** What Vapi's create-assistant call takes, and the definitions of the tools beside it. */
export interface Configuration {
  payload: JsonObject;
  tools: readonly JsonObject[];
}

/** What the assistant is to be: the whole payload, its tools, and the hash of both, which depends on nothing else. */
export interface DesiredAssistant {
  payload: JsonObject;
  tools: readonly DesiredTool[];
  /** SHA-256 (hex) of the RFC 8785 canonical JSON of `payload`, with `tools` in it if there are any. */
  specHash: string;
  /** JSON Pointers of fields that stay as they are at Vapi, whatever the payload says. */
  untouched?: readonly string[];
}

export const MANAGED_BY = 'vapi-sync';

/** Metadata by which an assistant at Vapi is known as ours. `claimToken` is added by the create call alone. */
const RESERVED_METADATA = ['managedBy', 'deployment', 'orgId', 'role', 'claimToken'] as const;

/** The metadata of an assistant or a payload; empty when there is none. */
export function metadataOf({ metadata }: JsonObject): JsonObject {
  return isJsonObject(metadata) ? metadata : {};
}

/** The metadata that says whose assistant this is. */
export function ownership(key: AssistantKey, deployment: string): JsonObject {
  return { managedBy: MANAGED_BY, deployment, orgId: key.orgId, role: key.role };
}

/** True when an assistant's metadata says that this deployment made it for `key`. */
export function isOurs(config: JsonObject, key: AssistantKey, deployment: string): boolean {
  const metadata = metadataOf(config);
  return Object.entries(ownership(key, deployment)).every(([name, value]) => metadata[name] === value);
}

/** The payload as the caller gave it: without our ownership metadata. */
export function withoutOwnership(payload: JsonObject): JsonObject {
  const { metadata, ...config } = payload;
  if (!isJsonObject(metadata)) return payload;
  const given = Object.entries(metadata).filter(([name]) => !RESERVED_METADATA.some((reserved) => reserved === name));
  return { ...config, metadata: Object.fromEntries(given) };
}

/** The configuration as the caller gave it: `tools` among its fields, without our ownership metadata. */
export function askedFor({ payload, tools }: Configuration): JsonObject {
  return { ...withoutOwnership(payload), ...(tools.length > 0 ? { tools: [...tools] } : {}) };
}

/**
 * Builds the payload for `key`: the request with our ownership merged into its metadata. Throws `VALIDATION_FAILED` for
 * metadata that is ours to write and for text that is not valid Unicode (it has no canonical form).
 */
export function desireAssistant(request: AssistantRequest, key: AssistantKey, deployment: string): DesiredAssistant {
  const errors = reservedErrors(request.config);
  if (errors.length > 0) throw validationFailed(errors);
  const metadata = { ...metadataOf(request.config), ...ownership(key, deployment) };
  const payload = { ...request.config, metadata };
  return desiredFrom({ payload, tools: request.tools });
}

/** What is wrong with the metadata of a request: names that are ours to write. */
export function reservedErrors(config: JsonObject): FieldError[] {
  const taken = RESERVED_METADATA.filter((name) => Object.hasOwn(metadataOf(config), name));
  return taken.map((name) => ({ field: `metadata.${name}`, detail: 'reserved; choose another name' }));
}

/** The assistant that a configuration describes. */
export function desiredFrom({ payload, tools: definitions }: Configuration): DesiredAssistant {
  const tools = desireTools(definitions);
  const whole = tools.length > 0 ? { ...payload, tools: tools.map(({ definition }) => definition) } : payload;
  return { payload, tools, specHash: hashOf(whole) };
}

import type { Access } from '../account/credentials.ts';
import { scopeKeyOf } from '../account/scope.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import { type AssistantMapping, type LinkedTool, TOOLS_PATH } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import type { ToolsFound } from './link-tools.ts';
import type { ToolRow } from './tool-registry.ts';

interface ToolSearch {
  desired: DesiredAssistant;
  mapping: AssistantMapping | undefined;
  access: Access;
  /** Tools that are known to be gone at Vapi. */
  gone: ReadonlySet<string>;
  /** Tools that this operation has just registered, or seen at Vapi. */
  seen: readonly LinkedTool[];
}

/**
 * Finds the registered tools of a configuration. Nothing is read for tools that the mapping names: an assistant that
 * needs no change costs no more with tools than without. A tool that is linked anew is looked at first, as somebody may
 * have deleted it at Vapi. Only reads.
 */
export async function findTools(operation: Operation, search: ToolSearch): Promise<ToolsFound> {
  const { desired, gone, seen } = search;
  const known = new Map([...linkedBefore(search), ...seen].map(({ hash, toolId }) => [hash, toolId]));
  const found = await Promise.all(
    desired.tools.map(async ({ hash }) => {
      const toolId = known.get(hash) ?? (await registeredTool(operation, search, hash));
      return toolId && !gone.has(toolId) ? { hash, toolId } : undefined;
    }),
  );
  const linked = found.filter((tool): tool is LinkedTool => tool !== undefined);
  return linked.length === desired.tools.length ? { kind: 'known', linked } : { kind: 'unknown' };
}

/**
 * The linked tools of the mapping, if they are in the account that is used now and no drift run has found any of them
 * gone.
 */
function linkedBefore({ mapping, access }: ToolSearch): readonly LinkedTool[] {
  const isHere = mapping?.scope === access.scope && mapping.keyFingerprint === access.apiKey.fingerprint;
  return isHere && !mapping.drift?.fields.includes(TOOLS_PATH) ? mapping.tools.linked : [];
}

async function registeredTool(operation: Operation, { access }: ToolSearch, hash: string): Promise<string | undefined> {
  const scopeKey = scopeKeyOf(access.scope, operation.key.orgId);
  const toolId = registeredId(await operation.tools.read(scopeKey, hash), access);
  if (!toolId) return undefined;
  const account = operation.vapi.open(access.apiKey, operation.deadline).tools;
  return (await account.get(toolId)).kind === 'found' ? toolId : undefined;
}

/** The id of a tool that may be linked: it is in the account of the present key, and not reserved for removal. */
export function registeredId(row: ToolRow | undefined, { apiKey }: Access): string | undefined {
  if (!row?.toolId || row.keyFingerprint !== apiKey.fingerprint) return undefined;
  return row.claim?.operation === 'delete' ? undefined : row.toolId;
}

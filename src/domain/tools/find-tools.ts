import type { Access } from '../account/credentials.ts';
import { scopeKeyOf } from '../account/scope.ts';
import type { DesiredAssistant } from '../configuration/configuration.ts';
import type { AssistantMapping, LinkedTool } from '../mapping/assistant-mapping.ts';
import type { Operation } from '../operation.ts';
import type { ToolsFound } from './link-tools.ts';
import type { ToolRow } from './tool-registry.ts';

export interface ToolSearch {
  desired: DesiredAssistant;
  mapping: AssistantMapping | undefined;
  access: Access;
  /** Tools that Vapi was seen not to have. */
  gone: ReadonlySet<string>;
}

/**
 * Finds the tools of a configuration among those that are registered. Nothing is read for those that the mapping names:
 * an assistant that is as it should be costs no more with tools than without. Only reads.
 */
export async function findTools(operation: Operation, search: ToolSearch): Promise<ToolsFound> {
  const { desired, mapping, access, gone } = search;
  const isHere = mapping?.scope === access.scope && mapping.keyFingerprint === access.apiKey.fingerprint;
  const known = new Map((isHere ? mapping.tools.linked : []).map(({ hash, toolId }) => [hash, toolId]));
  const scopeKey = scopeKeyOf(access.scope, operation.key.orgId);
  const found = await Promise.all(
    desired.tools.map(async ({ hash }) => {
      const toolId = known.get(hash) ?? registeredId(await operation.tools.read(scopeKey, hash), access);
      return toolId && !gone.has(toolId) ? { hash, toolId } : undefined;
    }),
  );
  const linked = found.filter((tool): tool is LinkedTool => tool !== undefined);
  return linked.length === desired.tools.length ? { kind: 'known', linked } : { kind: 'unknown' };
}

/** A tool that may be linked: it is there, by the key that is used now, and nobody is about to remove it. */
export function registeredId(row: ToolRow | undefined, { apiKey }: Access): string | undefined {
  if (!row?.toolId || row.keyFingerprint !== apiKey.fingerprint) return undefined;
  return row.claim?.operation === 'delete' ? undefined : row.toolId;
}

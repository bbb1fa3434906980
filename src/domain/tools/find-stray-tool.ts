import type { Access } from '../account/credentials.ts';
import { listCreated, windowAtVapi } from '../account/list-created.ts';
import type { ScopeKey } from '../account/scope.ts';
import type { VapiCollection } from '../account/vapi-account.ts';
import { compareTexts } from '../compare-texts.ts';
import type { DesiredTool } from '../configuration/tool.ts';
import { isDefinedBy } from '../configuration/tool.ts';
import type { Operation } from '../operation.ts';

/** One tool, the scope in which it is registered, and the account of that scope. */
export interface Registration {
  tool: DesiredTool;
  scopeKey: ScopeKey;
  access: Access;
  account: VapiCollection;
}

/**
 * The tool that a POST of unknown outcome has made: the oldest with this definition that was made since then and that
 * no other row names. Tools have no metadata, so only the definition can tell.
 */
export async function findStrayTool(
  { tools, journal }: Operation,
  { tool, scopeKey, account, ...made }: Registration & { since: string; untilMs?: number },
): Promise<string | undefined> {
  const [listed, { rows }] = await Promise.all([
    listCreated((query) => account.list(query), windowAtVapi(made)),
    tools.list(scopeKey),
  ]);
  const taken = new Set(rows.filter(({ hash }) => hash !== tool.hash).map(({ toolId }) => toolId));
  const found = listed.filter(({ id, config }) => !taken.has(id) && isDefinedBy(config, tool.definition));
  journal.record({ code: 'TOOL_LOOKED_UP', tool: tool.hash, found: found.length });
  return found.toSorted((a, b) => compareTexts(a.createdAt, b.createdAt))[0]?.id;
}

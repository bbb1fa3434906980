import { orThrow } from '../../../client/index.ts';
import type { AssistantKey } from '../common/api-types.ts';
import { service } from '../common/service.ts';
import { textOf } from './configuration-text.ts';

/** The text of a configuration that was applied. */
export async function storedText(key: AssistantKey, specHash: string, signal?: AbortSignal): Promise<string> {
  const path = { ...key, specHash };
  const address = '/orgs/{orgId}/assistants/{role}/history/{specHash}';
  const params = { path, query: { include: 'configuration' as const } };
  const found = orThrow(await service.GET(address, { params, signal: signal ?? null }));
  return found.configuration ? textOf(found.configuration) : '# Its content is not kept any more.';
}

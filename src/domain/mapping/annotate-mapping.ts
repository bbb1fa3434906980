import type { SyncDependencies } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import type { AssistantMapping } from './assistant-mapping.ts';
import type { MappingChange } from './stores.ts';

/**
 * Notes an observation on a row, unless the row has changed since it was read: whoever changed it makes an observation
 * of its own.
 */
export async function annotateMapping(
  { mappings, runtime }: Pick<SyncDependencies, 'mappings' | 'runtime'>,
  from: AssistantMapping,
  change: MappingChange,
): Promise<void> {
  const { orgId, role } = from;
  const write = { key: { orgId, role }, from, change, token: runtime.uniqueId(), at: isoNow(runtime) };
  await mappings.write({ ...write, transition: 'annotate' });
}

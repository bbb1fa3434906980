import type { SyncDependencies } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import type { AssistantMapping, MappingChange } from './assistant-mapping.ts';

/** Notes on a row what was seen, if it is still the row that it was seen of. Whoever changed it meanwhile looks for himself. */
export async function annotateMapping(
  { mappings, runtime }: Pick<SyncDependencies, 'mappings' | 'runtime'>,
  from: AssistantMapping,
  change: MappingChange,
): Promise<void> {
  const { orgId, role } = from;
  const write = { key: { orgId, role }, from, change, token: runtime.uniqueId(), at: isoNow(runtime) };
  await mappings.write({ ...write, transition: 'annotate' });
}

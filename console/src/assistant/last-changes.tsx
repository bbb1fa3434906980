import { orThrow } from '../../../client/index.ts';
import { Entries } from '../changes/entries.tsx';
import type { AssistantKey } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { Panel } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Show } from '../common/states.tsx';

/** The number of changes that are shown. */
const LIMIT = 20;

/** Who changed the assistant, the newest change first. */
export function LastChanges({ orgId, role }: AssistantKey) {
  const asked = useLoaded(async (signal) => {
    const params = { path: { orgId }, query: { role, limit: LIMIT } };
    return orThrow(await service.GET('/orgs/{orgId}/changes', { params, signal })).items;
  });
  return (
    <Panel title="Changes">
      <Show asked={asked} what="the changes">
        {(changes) =>
          changes.length > 0 ? (
            <Entries isOfOne of={changes} />
          ) : (
            <Empty title="No change is kept.">A change is shown some seconds after it was made.</Empty>
          )
        }
      </Show>
    </Panel>
  );
}

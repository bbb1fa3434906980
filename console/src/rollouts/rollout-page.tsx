import { useRoute } from 'preact-iso';
import { orThrow } from '../../../client/index.ts';
import { useLoaded } from '../common/loaded.ts';
import { PageHead, Panel } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Show } from '../common/states.tsx';
import { Actions } from './actions.tsx';
import { isOver } from './progress.ts';
import { RolloutPanel } from './rollout-panel.tsx';
import { titleOf } from './rollouts-page.tsx';
import { Targets } from './targets.tsx';

const OPEN_MS = 1_000;

/** One rollout, with its targets. */
export function RolloutPage() {
  const { rolloutId = '' } = useRoute().params;
  return <Watched key={rolloutId} rolloutId={rolloutId} />;
}

function Watched({ rolloutId }: { rolloutId: string }) {
  const asked = useLoaded(
    async (signal) => orThrow(await service.GET('/rollouts/{rolloutId}', { params: { path: { rolloutId } }, signal })),
    (rollout) => (rollout && isOver(rollout) ? undefined : OPEN_MS),
  );
  return (
    <div class="page">
      <p>
        <a href="/console/rollouts">Rollouts</a> <span class="muted">/ {rolloutId}</span>
      </p>
      <Show asked={asked} what="the rollout">
        {(rollout) => (
          <>
            <PageHead title={titleOf(rollout)} />
            <Panel title="Waves">
              <RolloutPanel rollout={rollout} actions={<Actions rollout={rollout} onChange={asked.reload} />} />
            </Panel>
            <Panel title="Targets">
              <Targets rollout={rollout} />
            </Panel>
          </>
        )}
      </Show>
    </div>
  );
}

import { orThrow } from '../../../client/index.ts';
import type { Rollout } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { PageHead, Panel, StateChip, Time } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Show } from '../common/states.tsx';
import { numberOf } from '../common/text.ts';
import { Actions } from './actions.tsx';
import { doneOf, isOver } from './progress.ts';
import { RolloutPanel } from './rollout-panel.tsx';

const OPEN_MS = 1_000;
const QUIET_MS = 10_000;

/** The newest rollouts: those that go on as they go, the others in a table. */
export function RolloutsPage() {
  const asked = useLoaded(
    async (signal) => orThrow(await service.GET('/rollouts', { params: { query: { limit: 50 } }, signal })).items,
    (items) => (items?.every(isOver) ? QUIET_MS : OPEN_MS),
  );
  return (
    <div class="page">
      <PageHead title="Rollouts" lead="Templates brought to the fleet, in waves." />
      <Show asked={asked} what="the rollouts">
        {(rollouts) => <Everything rollouts={rollouts} reload={asked.reload} />}
      </Show>
    </div>
  );
}

function Everything({ rollouts, reload }: { rollouts: readonly Rollout[]; reload: () => void }) {
  const [newest] = rollouts;
  if (!newest) {
    return (
      <Empty title="There was no rollout yet.">
        Start one with <code>npx vapi-sync rollout start FILE</code>; docs/rollouts.md says how.
      </Empty>
    );
  }
  const shown = rollouts.filter((rollout) => rollout === newest || !isOver(rollout));
  return (
    <>
      {shown.map((rollout) => (
        <Panel
          key={rollout.rolloutId}
          title={titleOf(rollout)}
          actions={<a href={`/console/rollouts/${rollout.rolloutId}`}>Targets of {titleOf(rollout)}</a>}
        >
          <RolloutPanel rollout={rollout} actions={<Actions rollout={rollout} onChange={reload} />} />
        </Panel>
      ))}
      <Panel title="All rollouts">
        <RolloutsTable rollouts={rollouts} />
      </Panel>
    </>
  );
}

/** A rollout in words. */
export function titleOf({ template, version }: Rollout): string {
  return `${template}, version ${version}`;
}

function RolloutsTable({ rollouts }: { rollouts: readonly Rollout[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Rollout</th>
          <th scope="col">State</th>
          <th scope="col">Wave</th>
          <th scope="col" class="number">
            Done
          </th>
          <th scope="col" class="number">
            Failed
          </th>
          <th scope="col">Started</th>
        </tr>
      </thead>
      <tbody>
        {rollouts.map((rollout) => (
          <tr key={rollout.rolloutId}>
            <td>
              <a href={`/console/rollouts/${rollout.rolloutId}`}>{titleOf(rollout)}</a>
            </td>
            <td>
              <StateChip code={rollout.state} />
            </td>
            <td>
              {rollout.wave} of {rollout.waves.length}
            </td>
            <td class="number">
              {numberOf(doneOf(rollout))} of {numberOf(rollout.targets)}
            </td>
            <td class="number">{numberOf(rollout.counts.failed)}</td>
            <td>
              <Time at={rollout.startedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import { orThrow } from '../../../client/index.ts';
import type { DriftRun, Retirement } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { AssistantLink, Chip, PageHead, Panel, Time } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Show } from '../common/states.tsx';
import { dayOf, distanceOf, numberOf } from '../common/text.ts';

/** Models and voices that are going to be retired, and when. */
export function ForecastPage() {
  const asked = useLoaded(async (signal) => orThrow(await service.GET('/drift/runs', { signal })).runs);
  return (
    <div class="page">
      <PageHead title="Forecast" lead="Models and voices that stop, and the assistants that have them." />
      <Show asked={asked} what="the forecast">
        {(runs) => <Everything run={runs.find(({ status }) => status === 'closed')} />}
      </Show>
    </div>
  );
}

function Everything({ run }: { run: DriftRun | undefined }) {
  if (!run) {
    return (
      <Empty title="Nobody has looked yet.">
        A drift run finds what will stop: start one on the page <a href="/console/drift">Drift</a>.
      </Empty>
    );
  }
  const retirements = run.retirements ?? [];
  if (retirements.length === 0) {
    return (
      <Empty title="Nothing stops, as far as is known.">
        The last drift run (<Time at={run.closedAt ?? run.startedAt} />) found no model and no voice that is to be
        retired.
      </Empty>
    );
  }
  return (
    <Panel title="The soonest first" actions={<Seen run={run} />}>
      <RetirementsTable retirements={retirements} />
    </Panel>
  );
}

function Seen({ run: { runId, closedAt, startedAt } }: { run: DriftRun }) {
  return (
    <span class="muted">
      As <a href={`/console/drift/${runId}`}>the last drift run</a> saw it, <Time at={closedAt ?? startedAt} />
    </span>
  );
}

function RetirementsTable({ retirements }: { retirements: readonly Retirement[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Stops</th>
          <th scope="col">What</th>
          <th scope="col">Instead</th>
          <th scope="col" class="number">
            Assistants
          </th>
          <th scope="col">For example</th>
        </tr>
      </thead>
      <tbody>
        {retirements.map((retirement) => (
          <Row key={`${retirement.kind} ${retirement.provider} ${retirement.id}`} retirement={retirement} />
        ))}
      </tbody>
    </table>
  );
}

function Row({
  retirement: { kind, provider, id, on, replacement, assistants, examples },
}: {
  retirement: Retirement;
}) {
  return (
    <tr>
      <td>
        <When on={on} />
      </td>
      <td>
        The {kind}{' '}
        <span class="mono">
          {provider}/{id}
        </span>
      </td>
      <td>{replacement ? <span class="mono">{replacement}</span> : <span class="muted">nothing named</span>}</td>
      <td class="number">{numberOf(assistants)}</td>
      <td>
        <Examples of={examples} />
      </td>
    </tr>
  );
}

/** Named as organisation/role. */
function Examples({ of: examples }: { of: readonly string[] }) {
  return examples.map((example, at) => {
    const [orgId = '', role] = example.split('/');
    const key = { orgId, role: role === 'outbound' ? ('outbound' as const) : ('inbound' as const) };
    return (
      <span key={example}>
        {at > 0 && ', '}
        <AssistantLink {...key} />
      </span>
    );
  });
}

const SOON_MS = 30 * 86_400_000;

/** Red when it is retired, amber within a month before. */
function When({ on }: { on: string | null }) {
  if (on === null) return <Chip tone="plain">No date</Chip>;
  const left = Date.parse(on) - Date.now();
  if (left <= 0) return <Chip tone="bad">Stopped {dayOf(on)}</Chip>;
  return (
    <Chip tone={left < SOON_MS ? 'warning' : 'plain'}>
      {dayOf(on)}, {distanceOf(on)}
    </Chip>
  );
}

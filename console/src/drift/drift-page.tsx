import { useState } from 'preact/hooks';
import { useLocation, useRoute } from 'preact-iso';
import { orThrow } from '../../../client/index.ts';
import { Dialog, useQuestion } from '../common/dialog.tsx';
import { useLoaded } from '../common/loaded.ts';
import { PageHead, Panel } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Refused, Show } from '../common/states.tsx';
import { type DriftView, isOpen, readDrift } from './read-runs.ts';
import { RunReport } from './run-report.tsx';
import { RunsChart } from './runs-chart.tsx';
import { RunsTable } from './runs-table.tsx';

/** What differs from what was applied. */
export function DriftPage() {
  const { runId } = useRoute().params;
  return <Drift key={runId ?? 'newest'} runId={runId} />;
}

/** The answer names the other run, which may heal nothing. */
const NOT_BEGUN = new Error('Another drift run is going on: nothing was healed. Press Heal again when it has ended.');

const OPEN_MS = 1_000;
const QUIET_MS = 15_000;

function Drift({ runId }: { runId: string | undefined }) {
  const asked = useLoaded(
    (signal) => readDrift(runId, signal),
    (view) => (view?.runs.some(isOpen) ? OPEN_MS : QUIET_MS),
  );
  const [error, setError] = useState<unknown>();
  const { route } = useLocation();
  const start = async (mode: 'report' | 'heal') => {
    setError(undefined);
    try {
      const { started } = orThrow(await service.POST('/drift', { body: { mode } }));
      if (mode === 'heal' && !started) setError(NOT_BEGUN);
      // The newest run is the one that was started.
      if (runId !== undefined) route('/console/drift');
      else asked.reload();
    } catch (problem) {
      setError(problem);
    }
  };
  return (
    <div class="page">
      <PageHead title="Drift" lead="What differs at Vapi from what was applied.">
        <Start view={asked.loaded.kind === 'ready' ? asked.loaded.data : undefined} start={start} />
      </PageHead>
      <Refused error={error} />
      <Show asked={asked} what="the drift runs">
        {(view) => <Everything view={view} />}
      </Show>
    </div>
  );
}

/** Healing goes as far as modes and brakes of the service allow. It changes what callers hear, and is asked first. */
function Start({ view, start }: { view: DriftView | undefined; start: (mode: 'report' | 'heal') => Promise<void> }) {
  const { asked, ask, end } = useQuestion<'heal'>();
  const isBusy = view === undefined || view.runs.some(isOpen);
  const heal = () => {
    end();
    void start('heal');
  };
  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={() => void start('report')}>
        Check now
      </button>
      <button type="button" class="button button-strong" disabled={isBusy} onClick={() => ask('heal')}>
        Heal
      </button>
      {asked && (
        <Dialog key={asked.id} title="Heal the fleet?" confirm="Check and heal" onConfirm={heal} onClose={end}>
          <p>
            The fleet is checked, and what differs is applied anew: changes that were made by hand at Vapi are lost. An
            organisation whose driftMode is “report” or “off” is left alone.
          </p>
        </Dialog>
      )}
    </>
  );
}

function Everything({ view: { runs, chosen } }: { view: DriftView }) {
  if (!chosen) {
    return (
      <Empty title="There was no drift run yet.">
        “Check now” compares the whole fleet with what was applied; a deployment does so every hour.
      </Empty>
    );
  }
  return (
    <>
      <Panel title="Runs over time">
        <div class="stack">
          <RunsChart runs={runs} />
          <RunsTable runs={runs} chosen={chosen.run.runId} />
        </div>
      </Panel>
      <RunReport found={chosen} isNewest={chosen.run.runId === runs[0]?.runId} />
    </>
  );
}

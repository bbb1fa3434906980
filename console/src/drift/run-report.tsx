import type { DriftRun } from '../common/api-types.ts';
import { Panel, StateChip } from '../common/parts.tsx';
import { countOf, dateOf, numberOf } from '../common/text.ts';
import { FindingsList } from './findings-list.tsx';
import { isOpen, type RunWithFindings } from './read-runs.ts';

/** One run: how far it is, what it found, and what was healed. */
export function RunReport({ found: { run, findings }, isNewest }: { found: RunWithFindings; isNewest: boolean }) {
  const title = isNewest ? 'Findings of the newest run' : `Findings of ${dateOf(run.startedAt)}`;
  return (
    <Panel title={title} actions={<StateChip code={run.status} />}>
      <div class="stack">
        <Progress run={run} />
        {(run.suspicious ?? []).map((group) => (
          <div key={group} class="notice notice-bad">
            <p>So much is missing ({group}) that nothing was healed there. Check the keys first.</p>
          </div>
        ))}
        {(run.commonCauses ?? []).map(({ cause, count }) => (
          <div key={cause} class="notice">
            <p>
              {countOf(count, 'finding')} have one cause in common: {cause}
            </p>
          </div>
        ))}
        <Healed run={run} />
        {(findings.length > 0 || !isOpen(run)) && <FindingsList findings={findings} mode={run.mode} />}
      </div>
    </Panel>
  );
}

function Progress({ run }: { run: DriftRun }) {
  const { done, total } = run.units;
  if (!isOpen(run)) return null;
  return (
    <p role="status">
      {run.status}: {numberOf(done)} of {total === null ? 'as yet unknown' : countOf(total, 'part')} of the fleet.
    </p>
  );
}

function Healed({ run: { healed } }: { run: DriftRun }) {
  if (!healed) return null;
  const { reapplied, resumed, removed, kept } = healed;
  const left = Object.entries(kept).map(([why, count]) => `${count} ${why}`);
  return (
    <div class="notice notice-good">
      <p>
        Sent for healing: {reapplied} reapplied, {resumed} resumed, {removed} removed. Left alone:{' '}
        {left.join(', ') || 'none'}.
      </p>
    </div>
  );
}

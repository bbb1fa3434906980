import type { DriftRun } from '../common/api-types.ts';
import { StateChip, Time } from '../common/parts.tsx';
import { dateOf, numberOf } from '../common/text.ts';
import { totalOf } from './findings.ts';

/** The runs, the newest first. */
export function RunsTable({ runs, chosen }: { runs: readonly DriftRun[]; chosen: string }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Started</th>
          <th scope="col">Mode</th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            In sync
          </th>
          <th scope="col" class="number">
            Findings
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.runId}>
            <td>
              <a href={`/console/drift/${run.runId}`} aria-current={run.runId === chosen ? 'true' : undefined}>
                {dateOf(run.startedAt)}
              </a>{' '}
              <span class="muted">
                <Time at={run.startedAt} />
              </span>
            </td>
            <td>{run.mode}</td>
            <td>
              <StateChip code={run.status} />
            </td>
            <td class="number">{run.classes && numberOf(run.classes['in-sync'])}</td>
            <td class="number">{run.classes && numberOf(totalOf(run))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import type { Status } from '../common/api-types.ts';
import { Time } from '../common/parts.tsx';
import { countOf } from '../common/text.ts';

/** What is wrong with the assistant, and what happens next. */
export function Situation({ status }: { status: Status }) {
  const { claim, drift, retiring = [] } = status;
  return (
    <>
      {claim && (
        <div class="notice" role="status">
          <p>
            A change ({claim.operation}) has been under way since <Time at={claim.startedAt} />. {claim.next}
          </p>
        </div>
      )}
      {drift && (
        <div class="notice">
          <p>
            Found to be {drift.class} <Time at={drift.since} />
            {drift.fields.length > 0 && <>: {drift.fields.join(', ')}</>}. See{' '}
            <a href={`/console/drift/${drift.runId}`}>the drift run</a>, where it can be healed.
          </p>
          {drift.heals > 0 && <p>It was healed {countOf(drift.heals, 'time')} since, and was found again.</p>}
        </div>
      )}
      {retiring.length > 0 && (
        <div class="notice">
          <p>Still to be removed at Vapi: {retiring.join(', ')}</p>
        </div>
      )}
    </>
  );
}

/** What callers hear, if it is not what was stored last. */
export function Heard({ status: { live, pinned } }: { status: Status }) {
  if (live === 'current') return <p>Callers hear the configuration that was applied last.</p>;
  if (live === 'unknown') return <p>Nobody has looked yet. A drift run looks at the whole fleet.</p>;
  return (
    <div class="stack">
      <p>The traffic is pinned to versions by hand, so that callers do not hear what was applied last.</p>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col" class="number">
              Share of calls
            </th>
          </tr>
        </thead>
        <tbody>
          {(pinned?.versions ?? []).map(({ version, percentage }) => (
            <tr key={version}>
              <td class="mono">{version}</td>
              <td class="number">{percentage} %</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">
        A PUT with <code>"traffic": "follow-latest"</code> takes the pin off.
      </p>
    </div>
  );
}

import type { ComponentChildren } from 'preact';
import type { Rollout } from '../common/api-types.ts';
import { Facts, StateChip, Time } from '../common/parts.tsx';
import { countOf, dateOf, numberOf, wordsOf } from '../common/text.ts';
import { doneOf, isOver } from './progress.ts';
import { WavesChart } from './waves-chart.tsx';

/** A rollout as it goes: its waves, its counts, why targets failed. */
export function RolloutPanel({ rollout, actions }: { rollout: Rollout; actions: ComponentChildren }) {
  const { wave, waves, targets } = rollout;
  return (
    <div class="stack">
      <div class="panel-head">
        <p role="status">
          <StateChip code={rollout.state} /> {rollout.reason && `${wordsOf(rollout.reason)}: `}wave {wave} of{' '}
          {waves.length}, {numberOf(doneOf(rollout))} of {countOf(targets, 'target')}
        </p>
        <div class="actions">{actions}</div>
      </div>
      <WavesChart rollout={rollout} />
      <Counts rollout={rollout} />
      <Failures rollout={rollout} />
    </div>
  );
}

function Counts({ rollout }: { rollout: Rollout }) {
  const { counts, ratePerMinute, expectedEndAt, startedAt, startedBy, endedAt } = rollout;
  const states = Object.entries(counts).filter(([, count]) => count > 0);
  return (
    <Facts
      isWide
      of={[
        ['Targets', states.map(([state, count]) => `${numberOf(count)} ${state}`).join(', ')],
        ['Rate', isOver(rollout) ? undefined : `${numberOf(Math.round(ratePerMinute))} a minute`],
        ['Ends about', !isOver(rollout) && expectedEndAt ? dateOf(expectedEndAt) : undefined],
        ['Started', <Time key="started" at={startedAt} />],
        ['By', `${startedBy.kind} ${startedBy.id}`],
        ['Ended', endedAt && <Time key="ended" at={endedAt} />],
      ]}
    />
  );
}

function Failures({ rollout: { failures } }: { rollout: Rollout }) {
  if (failures.length === 0) return null;
  return (
    <div>
      <h3>Failures by cause</h3>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Cause</th>
            <th scope="col" class="number">
              Targets
            </th>
            <th scope="col">For example</th>
          </tr>
        </thead>
        <tbody>
          {failures.map(({ code, count, examples }) => (
            <tr key={code}>
              <td class="mono">{code}</td>
              <td class="number">{numberOf(count)}</td>
              <td>{examples.join(', ')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

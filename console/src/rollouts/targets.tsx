import { useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import type { Rollout, RolloutTarget } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { AssistantLink, StateChip } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Show } from '../common/states.tsx';
import { numberOf, wordsOf } from '../common/text.ts';

type TargetState = RolloutTarget['state'];

const STATES: readonly TargetState[] = [
  'failed',
  'skipped',
  'applying',
  'applied',
  'unchanged',
  'rolled-back',
  'outdated',
];

/** The targets of a rollout: all, or those in one state. */
export function Targets({ rollout }: { rollout: Rollout }) {
  const [state, setState] = useState<TargetState>();
  const choices = STATES.filter((name) => rollout.counts[name] > 0 || name === state);
  return (
    <div class="stack">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form. */}
      <div class="groups" role="group" aria-label="Show">
        <button type="button" class="group" aria-pressed={state === undefined} onClick={() => setState(undefined)}>
          All <span class="count">{numberOf(rollout.targets)}</span>
        </button>
        {choices.map((name) => (
          <button type="button" class="group" key={name} aria-pressed={state === name} onClick={() => setState(name)}>
            {wordsOf(name)} <span class="count">{numberOf(rollout.counts[name])}</span>
          </button>
        ))}
      </div>
      <Pages
        key={`${state} ${state ? rollout.counts[state] : JSON.stringify(rollout.counts)}`}
        rolloutId={rollout.rolloutId}
        state={state}
      />
    </div>
  );
}

interface PagesProps {
  rolloutId: string;
  state: TargetState | undefined;
}

function Pages({ rolloutId, state }: PagesProps) {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  return (
    <Page
      key={cursor ?? ''}
      rolloutId={rolloutId}
      state={state}
      cursor={cursor}
      onNext={(next) => setCursors([...cursors, next])}
      onBack={cursors.length > 0 ? () => setCursors(cursors.slice(0, -1)) : undefined}
    />
  );
}

interface PageProps extends PagesProps {
  cursor: string | undefined;
  onNext: (cursor: string) => void;
  onBack: (() => void) | undefined;
}

function Page({ rolloutId, state, cursor, onNext, onBack }: PageProps) {
  const asked = useLoaded(async (signal) => {
    const query = { limit: 100, ...(state && { state }), ...(cursor && { cursor }) };
    const params = { path: { rolloutId }, query };
    return orThrow(await service.GET('/rollouts/{rolloutId}/targets', { params, signal }));
  });
  return (
    <Show asked={asked} what="the targets">
      {({ items, next }) => (
        <>
          {items.length === 0 ? (
            <Empty title="There is no such target here.">Choose another state, or the next page.</Empty>
          ) : (
            <TargetsTable targets={items} />
          )}
          <div class="actions">
            {onBack && (
              <button type="button" class="button" onClick={onBack}>
                Previous page
              </button>
            )}
            {next !== null && (
              <button type="button" class="button" onClick={() => onNext(next)}>
                Next page
              </button>
            )}
          </div>
        </>
      )}
    </Show>
  );
}

function TargetsTable({ targets }: { targets: readonly RolloutTarget[] }) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">Assistant</th>
          <th scope="col" class="number">
            Wave
          </th>
          <th scope="col">State</th>
          <th scope="col" class="number">
            From version
          </th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {targets.map(({ orgId, role, wave, state, from, code, detail }) => (
          <tr key={`${orgId} ${role}`}>
            <td>
              <AssistantLink orgId={orgId} role={role} />
            </td>
            <td class="number">{wave}</td>
            <td>
              <StateChip code={state} />
            </td>
            <td class="number">{from}</td>
            <td>
              {code && <span class="mono">{code}</span>} {detail}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

import { useMemo, useState } from 'preact/hooks';
import { FilterField, PageHead } from '../common/parts.tsx';
import { Empty, Failed, Loading } from '../common/states.tsx';
import { countOf, numberOf } from '../common/text.ts';
import { filtered, GROUPS, type Group } from './filter.ts';
import { type Fleet, useFleet } from './fleet-rows.ts';
import { FleetTable } from './fleet-table.tsx';
import { OwnAccount } from './own-account.tsx';

/** All assistants of the platform's account. */
export function FleetPage() {
  const { fleet, reload } = useFleet();
  const [text, setText] = useFilterText();
  const [group, setGroup] = useState<Group>('all');
  const shown = useMemo(() => filtered(fleet.rows, group, text), [fleet.rows, group, text]);
  return (
    <div class="page page-fill">
      <PageHead title="Fleet" lead={<Progress fleet={fleet} shown={shown.length} />}>
        <button type="button" class="button" onClick={reload}>
          Reload
        </button>
      </PageHead>
      <div class="toolbar">
        <FilterField text={text} setText={setText} />
        <Groups fleet={fleet} group={group} choose={setGroup} />
      </div>
      {fleet.state === 'failed' && <Failed what="the fleet" error={fleet.error} retry={reload} />}
      {shown.length > 0 ? <FleetTable rows={shown} /> : <NoRows fleet={fleet} text={text} />}
    </div>
  );
}

/** It is kept in the address, so that going back from an assistant restores it. */
function useFilterText() {
  const [text, setText] = useState(() => new URL(location.href).searchParams.get('filter') ?? '');
  const set = (next: string) => {
    setText(next);
    const address = new URL(location.href);
    if (next === '') address.searchParams.delete('filter');
    else address.searchParams.set('filter', next);
    history.replaceState(null, '', address);
  };
  return [text, set] as const;
}

function Progress({ fleet, shown }: { fleet: Fleet; shown: number }) {
  const { rows, state } = fleet;
  const all = countOf(rows.length, 'assistant');
  const part = shown === rows.length ? all : `${numberOf(shown)} of ${all}`;
  return <span role="status">{state === 'loading' ? `${part}, loading more…` : part}</span>;
}

function Groups({ fleet, group, choose }: { fleet: Fleet; group: Group; choose: (group: Group) => void }) {
  const counts = useMemo(() => groupsOf(fleet), [fleet]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for a form.
    <div class="groups" role="group" aria-label="Show">
      {counts
        .filter(({ name, count }) => count > 0 || name === group || name === 'all')
        .map(({ name, title, count }) => (
          <button
            type="button"
            key={name}
            class="group"
            aria-pressed={name === group}
            onClick={() => choose(name === group ? 'all' : name)}
          >
            {title} <span class="count">{numberOf(count)}</span>
          </button>
        ))}
    </div>
  );
}

const NAMES: readonly Group[] = ['all', 'drift', 'pinned', 'unfinished', 'imported'];

function groupsOf({ rows }: Fleet) {
  return NAMES.map((name) => {
    const { title, has } = GROUPS[name];
    return { name, title, count: rows.filter(({ status }) => has(status)).length };
  });
}

function NoRows({ fleet, text }: { fleet: Fleet; text: string }) {
  if (fleet.state === 'failed') return null;
  if (fleet.state === 'loading') return <Loading what="the fleet" />;
  if (fleet.rows.length > 0 || text !== '') return <OwnAccount text={text} />;
  return (
    <Empty title="There is no assistant yet.">
      Make one with <code>npx vapi-sync set globex inbound FILE</code>, or type the name of an organisation that has an
      account of its own.
    </Empty>
  );
}

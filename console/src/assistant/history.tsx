import { useState } from 'preact/hooks';
import type { HistoryEntry, Status } from '../common/api-types.ts';
import { useQuestion } from '../common/dialog.tsx';
import { Chip, Panel, Time } from '../common/parts.tsx';
import { Empty } from '../common/states.tsx';
import { dateOf, shortHash } from '../common/text.ts';
import { Comparison, titleOf } from './comparison.tsx';
import { RollBack } from './roll-back.tsx';

interface HistoryProps {
  status: Status;
  /** The latest first. */
  entries: readonly HistoryEntry[];
  onChange: () => void;
}

/** The applied configurations: two can be compared, and one be restored. */
export function History({ status, entries, onChange }: HistoryProps) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [compared, setCompared] = useState<readonly HistoryEntry[]>([]);
  const { asked, ask, end } = useQuestion<HistoryEntry>();
  const [done, setDone] = useState<string>();
  const toggle = (hash: string) =>
    setChosen((before) => (before.includes(hash) ? before.filter((one) => one !== hash) : [...before, hash]));
  const compare = () => setCompared(entries.filter(({ specHash }) => chosen.includes(specHash)));
  const [newer, older] = compared;
  return (
    <Panel title="History" actions={<Compare count={chosen.length} compare={compare} />}>
      <div class="stack">
        {done && (
          <p class="notice notice-good" role="status">
            {done}
          </p>
        )}
        {entries.length === 0 ? (
          <Empty title="Nothing was applied yet.">The first PUT begins the history.</Empty>
        ) : (
          <Entries entries={entries} chosen={chosen} toggle={toggle} rollBack={ask} />
        )}
        {older && newer && (
          <Comparison
            key={`${older.specHash} ${newer.specHash}`}
            assistant={keyOf(status)}
            older={older}
            newer={newer}
          />
        )}
      </div>
      {asked && (
        <RollBack
          key={asked.id}
          status={status}
          entry={asked.about}
          current={entries.find(({ current }) => current)}
          onClose={end}
          onDone={(sentence) => {
            end();
            setDone(sentence);
            setChosen([]);
            setCompared([]);
            onChange();
          }}
        />
      )}
    </Panel>
  );
}

function keyOf({ orgId, role }: Status) {
  return { orgId, role };
}

function Compare({ count, compare }: { count: number; compare: () => void }) {
  return (
    <div class="actions">
      <span class="muted">{count === 2 ? '' : 'Choose two to compare'}</span>
      <button type="button" class="button" disabled={count !== 2} onClick={compare}>
        Compare
      </button>
    </div>
  );
}

interface EntriesProps {
  entries: readonly HistoryEntry[];
  chosen: readonly string[];
  toggle: (hash: string) => void;
  rollBack: (entry: HistoryEntry) => void;
}

function Entries({ entries, chosen, toggle, rollBack }: EntriesProps) {
  return (
    <table class="table">
      <thead>
        <tr>
          <th scope="col">
            <span class="visually-hidden">Chosen</span>
          </th>
          <th scope="col">Applied</th>
          <th scope="col">Name</th>
          <th scope="col">Model and voice</th>
          <th scope="col">Hash</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Entry
            key={entry.specHash}
            entry={entry}
            isChosen={chosen.includes(entry.specHash)}
            toggle={toggle}
            rollBack={rollBack}
          />
        ))}
      </tbody>
    </table>
  );
}

interface EntryProps extends Pick<EntriesProps, 'toggle' | 'rollBack'> {
  entry: HistoryEntry;
  isChosen: boolean;
}

function Entry({ entry, isChosen, toggle, rollBack }: EntryProps) {
  const { specHash, appliedAt, current, summary } = entry;
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={titleOf(entry)} checked={isChosen} onChange={() => toggle(specHash)} />
      </td>
      <td id={`applied-${specHash}`}>
        {dateOf(appliedAt)}{' '}
        <span class="muted">
          <Time at={appliedAt} />
        </span>
      </td>
      <td>{summary.name}</td>
      <td>
        {summary.model} <span class="muted">{summary.voice}</span>
      </td>
      <td class="mono">{shortHash(specHash)}</td>
      <td class="end">
        {current ? (
          <Chip tone="good">Now</Chip>
        ) : (
          <button
            type="button"
            class="button button-small"
            aria-describedby={`applied-${specHash}`}
            onClick={() => rollBack(entry)}
          >
            Roll back
          </button>
        )}
      </td>
    </tr>
  );
}

import type { Change } from '../common/api-types.ts';
import { AssistantLink, Chip, Time, type Tone } from '../common/parts.tsx';
import { countOf, wordsOf } from '../common/text.ts';

const TONES: Readonly<Record<Change['action'], Tone>> = {
  created: 'good',
  recreated: 'warning',
  adopted: 'good',
  updated: 'busy',
  moved: 'warning',
  removed: 'bad',
  imported: 'plain',
  linked: 'plain',
};

interface EntriesProps {
  of: readonly Change[];
  /** True when all changes are those of one assistant, on its own page. */
  isOfOne?: boolean;
}

/** Changes: time, action, assistant, actor and fields. */
export function Entries({ of: changes, isOfOne = false }: EntriesProps) {
  return (
    <ol class="feed">
      {changes.map((change) => (
        <Entry key={change.id} change={change} isOfOne={isOfOne} />
      ))}
    </ol>
  );
}

/** The number of fields that are named. */
const PATHS = 8;

function Entry({ change, isOfOne }: { change: Change; isOfOne: boolean }) {
  const { at, action, orgId, role, by, revision, paths } = change;
  return (
    <li>
      <span class="muted">
        <Time at={at} />
      </span>
      <span>
        <Chip tone={TONES[action]}>{wordsOf(action)}</Chip>
      </span>
      <span>
        {isOfOne || <AssistantLink orgId={orgId} role={role} />}{' '}
        <span class="muted">
          revision {revision}
          {by && `, by ${by.kind} ${by.id}`}
        </span>
      </span>
      {paths.length > 0 && (
        <span class="paths">
          {paths.slice(0, PATHS).map((path) => (
            <code key={path}>{path}</code>
          ))}
          {paths.length > PATHS && <span class="muted">and {countOf(paths.length - PATHS, 'field')} more</span>}
        </span>
      )}
    </li>
  );
}

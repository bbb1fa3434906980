import { useState } from 'preact/hooks';
import type { Change } from '../common/api-types.ts';
import { FilterField, PageHead, Panel } from '../common/parts.tsx';
import { Empty, Failed, Loading } from '../common/states.tsx';
import { countOf } from '../common/text.ts';
import { Entries } from './entries.tsx';
import { type Feed, useFeed } from './follow.ts';

/** Who changed what, as it happens. */
export function ChangesPage() {
  const [isOn, setIsOn] = useState(true);
  const [text, setText] = useState('');
  const { feed, retry } = useFeed(isOn);
  const shown = feed.changes.filter((change) => textOf(change).includes(text.toLowerCase()));
  return (
    <div class="page">
      <PageHead title="Changes" lead={<Lead feed={feed} isOn={isOn} />}>
        <button type="button" class="button" onClick={() => setIsOn(!isOn)}>
          {isOn ? 'Pause' : 'Resume'}
        </button>
      </PageHead>
      <FilterField text={text} setText={setText} />
      {feed.state === 'failed' && <Failed what="the changes" error={feed.error} retry={retry} />}
      {shown.length > 0 ? <Newest changes={shown} /> : <NoChange feed={feed} text={text} />}
    </div>
  );
}

function Lead({ feed, isOn }: { feed: Feed; isOn: boolean }) {
  return (
    <span role="status">
      {countOf(feed.changes.length, 'change')} since a day ago{isOn ? ', live' : ', paused'}
    </span>
  );
}

function textOf({ orgId, role, action, by, paths }: Change): string {
  return [orgId, role, action, by?.kind, by?.id, ...paths].join(' ').toLowerCase();
}

function NoChange({ feed, text }: { feed: Feed; text: string }) {
  if (feed.state === 'failed') return null;
  if (feed.state === 'loading') return <Loading what="the changes" />;
  return text === '' ? (
    <Empty title="Nothing was changed since a day ago.">A change is shown some seconds after it was made.</Empty>
  ) : (
    <Empty title="No change is like that.">Take something out of the filter.</Empty>
  );
}

function Newest({ changes }: { changes: readonly Change[] }) {
  return (
    <Panel title="The newest first">
      <Entries of={changes} />
    </Panel>
  );
}

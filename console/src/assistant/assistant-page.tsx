import { useRoute } from 'preact-iso';
import { orThrow } from '../../../client/index.ts';
import type { AssistantKey, HistoryEntry, Status } from '../common/api-types.ts';
import { useLoaded } from '../common/loaded.ts';
import { Nowhere } from '../common/nowhere.tsx';
import { PageHead, Panel, StateChip } from '../common/parts.tsx';
import { service } from '../common/service.ts';
import { Empty, Show } from '../common/states.tsx';
import { renewRow } from '../fleet/fleet-rows.ts';
import { textOf } from './configuration-text.ts';
import { History } from './history.tsx';
import { LastChanges } from './last-changes.tsx';
import { Side } from './side.tsx';
import { Situation } from './situation.tsx';

/** One assistant. */
export function AssistantPage() {
  const { orgId = '', role } = useRoute().params;
  if (role !== 'inbound' && role !== 'outbound') return <Nowhere />;
  return <Assistant key={`${orgId} ${role}`} orgId={orgId} role={role} />;
}

interface Known {
  status: Status;
  entries: readonly HistoryEntry[];
}

function Assistant({ orgId, role }: AssistantKey) {
  const asked = useLoaded((signal) => read({ orgId, role }, signal), pauseOf);
  return (
    <div class="page">
      <p>
        <a href="/console/">Fleet</a> <span class="muted">/ {orgId}</span>
      </p>
      <Show asked={asked} what={`${orgId} ${role}`}>
        {(known) => <Everything known={known} reload={asked.reload} />}
      </Show>
    </div>
  );
}

/** While a change is under way, the assistant is read again. */
function pauseOf(known: Known | undefined): number | undefined {
  const { state, tools, phoneNumber } = known?.status ?? {};
  const isWaiting = state === 'changing' || (tools?.status === 'pending' && !tools.refused);
  return isWaiting || phoneNumber?.status === 'pending' ? 2_000 : undefined;
}

async function read(path: AssistantKey, signal: AbortSignal): Promise<Known> {
  const query = { include: 'configuration' as const };
  const [status, history] = await Promise.all([
    service.GET('/orgs/{orgId}/assistants/{role}', { params: { path, query }, signal }),
    service.GET('/orgs/{orgId}/assistants/{role}/history', { params: { path }, signal }),
  ]);
  const known = orThrow(status);
  renewRow(known);
  return { status: known, entries: history.response.status === 404 ? [] : orThrow(history).entries };
}

function Everything({ known: { status, entries }, reload }: { known: Known; reload: () => void }) {
  const { orgId, role, state, drift, live, summary, configuration } = status;
  return (
    <>
      <PageHead title={`${orgId} ${role}`} lead={summary?.name}>
        <StateChip code={state} />
        {drift && <StateChip code={drift.class} />}
        {live === 'pinned' && drift?.class !== 'pinned' && <StateChip code="pinned" />}
        <button type="button" class="button" onClick={reload}>
          Reload
        </button>
      </PageHead>
      <Situation status={status} />
      <div class="columns">
        <Panel title="Configuration">{configuration ? <Text of={textOf(configuration)} /> : <NotApplied />}</Panel>
        <Side status={status} />
      </div>
      <History status={status} entries={entries} onChange={reload} />
      <LastChanges key={status.revision} orgId={orgId} role={role} />
    </>
  );
}

function Text({ of: text }: { of: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard.
    <section class="scroll text-block mono" tabIndex={0} aria-label="Applied configuration">
      {text}
    </section>
  );
}

function NotApplied() {
  return (
    <Empty title="Nothing was applied yet.">A PUT applies a configuration; until then it stays as it was found.</Empty>
  );
}

import type { Status } from '../common/api-types.ts';
import { Facts, Panel, StateChip, Time } from '../common/parts.tsx';
import { Heard } from './situation.tsx';

/** What is known of an assistant beside its configuration. */
export function Side({ status }: { status: Status }) {
  return (
    <div>
      <Panel title="Live">
        <Heard status={status} />
      </Panel>
      <Panel title="Tools">
        <Tools status={status} />
      </Panel>
      <Panel title="Number">
        <PhoneNumber status={status} />
      </Panel>
      <Panel title="Details">
        <Details status={status} />
      </Panel>
    </div>
  );
}

function Tools({ status: { tools } }: { status: Status }) {
  const { status, count, toolIds, refused } = tools;
  if (status === 'none') return <p>It has no tools. “tools” in its configuration names some.</p>;
  return (
    <div class="stack">
      {refused && (
        <div class="notice notice-bad">
          <p>Vapi does not take a definition: {refused}</p>
        </div>
      )}
      <Facts
        of={[
          ['State', <StateChip key="state" code={status} />],
          ['Wanted', count],
          ['Ids', <Ids key="ids" of={toolIds} />],
        ]}
      />
    </div>
  );
}

function Ids({ of: ids }: { of: readonly string[] }) {
  return (
    <ul>
      {ids.map((id) => (
        <li key={id} class="mono">
          {id}
        </li>
      ))}
    </ul>
  );
}

const NUMBER_STATES: Readonly<Record<string, string>> = {
  pending: 'It is still to be pointed to this assistant.',
  linked: 'Its calls are answered by this assistant.',
  foreign: 'It points to something that is not ours, and is left alone.',
  missing: 'The account has no such number.',
};

function PhoneNumber({ status: { phoneNumber } }: { status: Status }) {
  if (!phoneNumber) return <p>It answers no number. The secret of the organisation, or its record, names one.</p>;
  return (
    <div class="stack">
      <Facts
        of={[
          ['State', <StateChip key="state" code={phoneNumber.status} />],
          [
            'Id',
            <span key="id" class="mono">
              {phoneNumber.id}
            </span>,
          ],
        ]}
      />
      <p class="muted">{NUMBER_STATES[phoneNumber.status]}</p>
    </div>
  );
}

function Details({ status }: { status: Status }) {
  const { assistantId, revision, scope, template, changedBy, changedAt, createdAt, summary } = status;
  return (
    <Facts
      of={[
        ['At Vapi', assistantId && <span class="mono">{assistantId}</span>],
        ['Account', scope === 'org' ? 'the organisation’s own' : scope && 'the platform’s'],
        ['Template', template && `${template.id}, version ${template.version}`],
        ['Model', summary?.model],
        ['Voice', summary?.voice],
        ['Revision', revision],
        ['Changed', changedAt && <Time at={changedAt} />],
        ['By', changedBy && `${changedBy.kind} ${changedBy.id}`],
        ['Created', <Time key="created" at={createdAt} />],
      ]}
    />
  );
}

import { useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import { service } from '../common/service.ts';
import { Empty, Refused } from '../common/states.tsx';
import { type FleetRow, rowOf } from './fleet-rows.ts';
import { FleetTable } from './fleet-table.tsx';

/**
 * Shown when no assistant of the platform's account matches the text. It may name an organisation with an account of
 * its own, which no list has.
 */
export function OwnAccount({ text }: { text: string }) {
  const orgId = text.trim();
  const isName = /^[\w-]+$/.test(orgId);
  return (
    <>
      <Empty title="No assistant of the platform’s account is like that.">
        Take something out of the filter. Organisations with an account of their own are not in this list
        {isName ? ': ask for one by its whole name.' : '.'}
      </Empty>
      {isName && <LookUp key={orgId} orgId={orgId} />}
    </>
  );
}

function LookUp({ orgId }: { orgId: string }) {
  const [rows, setRows] = useState<FleetRow[]>();
  const [error, setError] = useState<unknown>();
  const ask = async () => {
    try {
      const params = { path: { orgId } };
      const found = orThrow(await service.GET('/orgs/{orgId}/assistants', { params }));
      setRows(found.assistants.map(rowOf));
    } catch (problem) {
      setError(problem);
    }
  };
  if (rows === undefined) {
    return (
      <div class="centred">
        <Refused error={error} />
        <button type="button" class="button" onClick={() => void ask()}>
          Show organisation {orgId}
        </button>
      </div>
    );
  }
  return rows.length > 0 ? (
    <FleetTable rows={rows} />
  ) : (
    <Empty title={`${orgId} has no assistant.`}>Check its name.</Empty>
  );
}

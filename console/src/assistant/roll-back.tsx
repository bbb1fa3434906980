import { useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import type { HistoryEntry, Status } from '../common/api-types.ts';
import { Dialog } from '../common/dialog.tsx';
import { useLoaded } from '../common/loaded.ts';
import { service } from '../common/service.ts';
import { Refused, Show } from '../common/states.tsx';
import { titleOf } from './comparison.tsx';
import { Difference } from './difference.tsx';
import { storedText } from './stored.ts';

interface RollBackProps {
  status: Status;
  entry: HistoryEntry;
  /** The configuration that is applied now. */
  current: HistoryEntry | undefined;
  onDone: (sentence: string) => void;
  onClose: () => void;
}

/**
 * Shows what a rollback would change, and does it after a confirmation. It is done only on the revision that was shown:
 * a change that somebody made meanwhile stays.
 */
export function RollBack({ status, entry, current, onDone, onClose }: RollBackProps) {
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const asked = useLoaded(async (signal) => {
    const hashes = [current?.specHash, entry.specHash];
    return await Promise.all(hashes.map((hash) => (hash ? storedText(status, hash, signal) : '')));
  });
  const confirm = async () => {
    setIsBusy(true);
    setError(undefined);
    try {
      onDone(await rollBack(status, entry));
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  };
  return (
    <Dialog
      title={`Roll back ${status.orgId} ${status.role}?`}
      confirm="Roll back"
      isReady={asked.loaded.kind === 'ready'}
      isBusy={isBusy}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        This applies the configuration of {titleOf(entry)} again, at Vapi too: callers hear it at once.
        {status.template && ` The assistant is then no longer bound to the template ${status.template.id}.`}
      </p>
      <Refused error={error} />
      <Show asked={asked} what="the difference">
        {([before = '', after = '']) => (
          <Difference
            before={{ title: current ? titleOf(current) : 'Now', text: before }}
            after={{ title: `After the rollback: ${titleOf(entry)}`, text: after }}
          />
        )}
      </Show>
    </Dialog>
  );
}

/** Shows the outcome. */
async function rollBack({ orgId, role, revision }: Status, { specHash }: HistoryEntry): Promise<string> {
  const params = { path: { orgId, role }, header: { 'If-Match': `"${revision}"` } };
  const answer = orThrow(
    await service.POST('/orgs/{orgId}/assistants/{role}/rollback', { params, body: { specHash } }),
  );
  if ('dryRun' in answer) return `Nothing was done: ${answer.plan}.`;
  const heard = answer.live === 'pinned' ? ' Callers still hear an older version: its traffic is pinned.' : '';
  return `Rolled back: ${answer.outcome}, revision ${answer.revision}.${heard}`;
}

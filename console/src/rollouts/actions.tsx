import { useState } from 'preact/hooks';
import { orThrow } from '../../../client/index.ts';
import type { Rollout } from '../common/api-types.ts';
import { Dialog, useQuestion } from '../common/dialog.tsx';
import { service } from '../common/service.ts';
import { Refused } from '../common/states.tsx';
import { countOf } from '../common/text.ts';

type Action = 'pause' | 'resume' | 'abort' | 'rollback';

const TITLES: Readonly<Record<Action, string>> = {
  pause: 'Pause',
  resume: 'Resume',
  abort: 'Abort',
  rollback: 'Roll back',
};

/** The actions that each state allows, as in docs/rollouts.md. */
const ALLOWED: Readonly<Record<Rollout['state'], readonly Action[]>> = {
  planning: [],
  running: ['pause', 'abort', 'rollback'],
  baking: ['pause', 'abort', 'rollback'],
  paused: ['resume', 'abort', 'rollback'],
  'rolling-back': [],
  completed: ['rollback'],
  aborted: ['rollback'],
  failed: [],
  'rolled-back': [],
};

/** The actions on a rollout. One that no other button undoes is confirmed first. */
export function Actions({ rollout, onChange }: { rollout: Rollout; onChange: () => void }) {
  const { asked, ask, end } = useQuestion<'abort' | 'rollback'>();
  const question = asked?.about;
  const [error, setError] = useState<unknown>();
  const [isBusy, setIsBusy] = useState(false);
  const act = async (name: Action) => {
    setError(undefined);
    setIsBusy(true);
    try {
      const params = { path: { rolloutId: rollout.rolloutId } };
      orThrow(await service.POST(`/rollouts/{rolloutId}/${name}`, { params }));
      end();
    } catch (problem) {
      setError(problem);
    }
    setIsBusy(false);
    onChange();
  };
  return (
    <>
      {question === undefined && <Refused error={error} />}
      {ALLOWED[rollout.state].map((name) => (
        <button
          type="button"
          class="button"
          key={name}
          disabled={isBusy}
          onClick={() => (name === 'abort' || name === 'rollback' ? ask(name) : void act(name))}
        >
          {TITLES[name]}
        </button>
      ))}
      {asked && question && (
        <Dialog
          key={asked.id}
          title={`${TITLES[question]} ${rollout.template}, version ${rollout.version}?`}
          confirm={TITLES[question]}
          isBusy={isBusy}
          onConfirm={() => void act(question)}
          onClose={end}
        >
          <p>{consequence(question, rollout)}</p>
          <Refused error={error} />
        </Dialog>
      )}
    </>
  );
}

function consequence(name: 'abort' | 'rollback', { counts }: Rollout): string {
  const applied = countOf(counts.applied, 'target');
  if (name === 'abort') return `Nothing new is begun. ${applied} keep what was applied; it can be rolled back later.`;
  return `${applied} go back to the configuration and the binding that each had before, the newest wave first. What somebody has changed since stays.`;
}

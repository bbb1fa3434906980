import { offsetIn } from '../../page-limit.ts';
import { type FieldError, validationFailed } from '../../problem.ts';
import { TARGET_STATES, type Target, type TargetStore } from '../rollout.ts';

interface Query {
  rolloutId: string;
  state: string | undefined;
  limit: number;
  after: string | undefined;
}

/** A page of the targets of a rollout, in its order; with a state, only those in it. Throws `VALIDATION_FAILED`. */
export async function listTargets(store: TargetStore, { rolloutId, state, limit, after }: Query) {
  const from = positionIn(after, state);
  const items: ReturnType<typeof shown>[] = [];
  let position = -1;
  for await (const { target, wave } of eachOf(store, rolloutId)) {
    position += 1;
    if (position < from || (state !== undefined && target.state !== state)) continue;
    if (items.length === limit) return { items, next: String(position) };
    items.push(shown(target, wave));
  }
  return { items, next: null };
}

async function* eachOf(store: TargetStore, rolloutId: string) {
  for await (const { wave, targets } of store.all(rolloutId)) for (const target of targets) yield { target, wave };
}

function shown({ orgId, role, state, assistantId, from, code, detail }: Target, wave: number) {
  return { orgId, role, wave, state, assistantId, from, code, detail };
}

function positionIn(after: string | undefined, state: string | undefined): number {
  const errors: FieldError[] = [];
  const from = offsetIn(after, errors);
  if (state !== undefined && !TARGET_STATES.some((known) => known === state)) {
    errors.push({ field: 'state', detail: `use one of: ${TARGET_STATES.join(', ')}` });
  }
  if (errors.length > 0) throw validationFailed(errors);
  return from;
}

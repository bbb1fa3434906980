import type { VapiAccount } from '../../account/vapi-account.ts';
import { type AssistantKey, ROLES } from '../../configuration/assistant-key.ts';
import type { AssistantMapping } from '../../mapping/assistant-mapping.ts';
import { isHeld, mayHaveCreated, settlesAt } from '../../mapping/claim.ts';
import { endClaim, takeClaim } from '../../mapping/hold-claim.ts';
import { explain } from '../expectations.ts';
import { listMadeBy } from '../made-by-run.ts';
import { triesOwnKey } from '../run.ts';
import type { VerificationDependencies } from '../stage.ts';
import type { CleanUp } from './tools.ts';
import { removeTools } from './tools.ts';

/** `unclean`: what the service's own DELETE left behind and was removed past it. `left`: what could not be removed. */
export interface CleanedUp {
  unclean: readonly string[];
  left: readonly string[];
}

/**
 * Removes everything of the organisations of a run: first by the service's own DELETE, then what that left, at Vapi and
 * in the table. Never throws: the result says what could not be removed.
 */
export async function cleanUp(task: CleanUp): Promise<CleanedUp> {
  const deleted = await Promise.all(task.run.organisations.map((orgId) => deleteByService(task, orgId)));
  const strays = await Promise.all(accountsOf(task).map((account) => removeStrays(task, account)));
  // Tools come after the assistants: calls of an assistant without its tool fail.
  const tools = await attempt(task, 'Tools', async () => ({ ...CLEAN, left: await removeTools(task) }));
  const forgotten = await Promise.all(task.run.organisations.map((orgId) => forget(task, orgId)));
  const parts = [...deleted, ...strays, tools, ...forgotten];
  return { unclean: parts.flatMap(({ unclean }) => unclean), left: parts.flatMap(({ left }) => left) };
}

const CLEAN: CleanedUp = { unclean: [], left: [] };

async function attempt(task: CleanUp, what: string, act: () => Promise<CleanedUp>): Promise<CleanedUp> {
  if (task.deadline.remainingMs() <= 0) return { ...CLEAN, left: [`${what}: out of time`] };
  try {
    return await act();
  } catch (error) {
    return { ...CLEAN, left: [`${what}: ${explain(error)}`] };
  }
}

/** A refused DELETE only makes the run unclean: what counts is what is left afterwards. */
async function deleteByService(task: CleanUp, orgId: string): Promise<CleanedUp> {
  const { deadline } = task;
  return await attempt(task, `DELETE of ${orgId}`, async () => {
    const removals = ROLES.map((role) =>
      task.service.remove({ key: { orgId, role }, operationId: task.nextOperationId(), deadline }),
    );
    const refused = (await Promise.all(removals)).filter(({ status }) => status !== 204);
    return {
      ...CLEAN,
      unclean: refused.map(({ status, body }) => `DELETE of ${orgId} was answered ${status} ${String(body.code)}`),
    };
  });
}

function accountsOf({ sync, run, keys, deadline }: CleanUp): VapiAccount[] {
  const used = run.organisations.some(triesOwnKey) && keys.own ? [keys.platform, keys.own] : [keys.platform];
  return used.map((key) => sync.vapi.open(key, deadline));
}

async function removeStrays(task: CleanUp, account: VapiAccount): Promise<CleanedUp> {
  const [first = ''] = task.run.organisations;
  return await attempt(task, `Looking for assistants at Vapi (${first} and beside it)`, async () => {
    const strays = await listMadeBy(task.sync, account, task.run);
    for (const { id } of strays) await account.assistants.remove(id);
    if (strays.length === 0) return CLEAN;
    const ids = strays.map(({ id }) => id).join(', ');
    return { ...CLEAN, unclean: [`DELETE left ${strays.length} assistant(s) at Vapi: ${ids}`] };
  });
}

async function forget(task: CleanUp, orgId: string): Promise<CleanedUp> {
  return await attempt(task, `Rows of ${orgId}`, async () => {
    const { mappings } = await task.sync.mappings.read(orgId);
    const ends = await Promise.all(mappings.map((mapping) => removeRow(task, mapping)));
    const left = ends.flatMap((end) => end ?? []);
    if (left.length === 0) {
      for (const role of ROLES) await task.sync.specs.removeAll({ orgId, role });
    }
    return { unclean: mappings.length > 0 ? [`DELETE left a row of ${orgId} in the table`] : [], left };
  });
}

/** Removes a row that DELETE left, once its assistant is certainly gone. Returns why it could not be removed. */
async function removeRow(task: CleanUp, mapping: AssistantMapping): Promise<string | undefined> {
  const { orgId, role, claim } = mapping;
  const key: AssistantKey = { orgId, role };
  const now = task.sync.runtime.now();
  if (claim && isHeld(claim, now)) return `${orgId} is claimed until ${claim.expiresAt}`;
  if (claim && mayHaveCreated(claim) && now < settlesAt(claim)) return `${orgId} has a creation that may still turn up`;
  if (!(await isGone({ sync: task.sync, task, mapping }))) {
    return `Assistant ${mapping.assistantId ?? ''} of ${orgId} could not be found in any account that is known here`;
  }
  const { deadline, journal, sync } = task;
  const id = task.nextOperationId();
  const by = { kind: 'verification', id: id.split(':')[0] ?? '' } as const;
  const operation = { ...sync, id, key, by, deadline, journal };
  const held = await takeClaim(operation, { mapping, operation: 'delete', scope: 'platform', retire: [] });
  if (!held) return `${orgId} is being changed by somebody`;
  const ended = await endClaim(operation, { held, transition: 'remove', change: {} });
  return ended.kind === 'written' ? undefined : `${orgId} is being changed by somebody`;
}

/** Deletes the assistant of a row. Only to the key that made it a 404 proves that it is gone. */
async function isGone({
  sync,
  task,
  mapping: { assistantId, keyFingerprint },
}: {
  sync: VerificationDependencies['sync'];
  task: CleanUp;
  mapping: AssistantMapping;
}): Promise<boolean> {
  if (!assistantId) return true;
  for (const key of [task.keys.platform, ...(task.keys.own ? [task.keys.own] : [])]) {
    const removed = await sync.vapi.open(key, task.deadline).assistants.remove(assistantId);
    if (removed.kind === 'removed' || key.fingerprint === keyFingerprint) return true;
  }
  return false;
}

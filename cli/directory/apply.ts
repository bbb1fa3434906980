import pMap from 'p-map';
import { orThrow, ProblemError, type ServiceClient } from '../../client/index.ts';
import { AT_ONCE } from './at-once.ts';
import type { Step } from './plan.ts';

/** The outcome of a step. */
export interface Applied extends Pick<Step, 'orgId' | 'role' | 'action'> {
  outcome: string;
  /** Why it failed. */
  detail?: string;
}

interface Applying {
  client: ServiceClient;
  /** When aborted, no further step is begun; those under way are completed. */
  signal: AbortSignal;
  onDone: (applied: Applied) => void;
}

/** Performs the steps of a plan, several at a time, each only if the row is as the plan saw it. */
export async function applySteps(steps: readonly Step[], { client, signal, onDone }: Applying): Promise<Applied[]> {
  const applied: Applied[] = [];
  await pMap(
    steps,
    async (step) => {
      if (signal.aborted) return;
      const { orgId, role, action } = step;
      const result = { orgId, role, action, ...(await outcomeOf(client, step)) };
      applied.push(result);
      onDone(result);
    },
    { concurrency: AT_ONCE },
  );
  return applied;
}

async function outcomeOf(client: ServiceClient, step: Step): Promise<Pick<Applied, 'outcome' | 'detail'>> {
  try {
    return { outcome: await make(client, step) };
  } catch (error) {
    if (error instanceof ProblemError && error.status === 412) {
      return { outcome: 'failed', detail: 'changed since the plan was made; plan again' };
    }
    return { outcome: 'failed', detail: Error.isError(error) ? error.message : String(error) };
  }
}

async function make(client: ServiceClient, { orgId, role, action, revision, wanted }: Step): Promise<string> {
  const header = revision === undefined ? { 'If-None-Match': '*' as const } : { 'If-Match': `"${revision}"` };
  const params = { path: { orgId, role }, header };
  if (action === 'remove') {
    const reply = await client.DELETE('/orgs/{orgId}/assistants/{role}', { params });
    if (!reply.response.ok) throw new ProblemError(reply.error, reply.response);
    return 'removed';
  }
  const answer = orThrow(await client.PUT('/orgs/{orgId}/assistants/{role}', { params, body: wanted?.body ?? {} }));
  return 'outcome' in answer ? answer.outcome : 'failed';
}

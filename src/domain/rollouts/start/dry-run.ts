import type { AssistantKey } from '../../configuration/assistant-key.ts';
import { desireAssistant } from '../../configuration/configuration.ts';
import { maskChange } from '../../configuration/masking.ts';
import { mappingOf } from '../../mapping/organisation-view.ts';
import { offsetIn } from '../../page-limit.ts';
import { type FieldError, Problem, validationFailed } from '../../problem.ts';
import { planAssistant } from '../../sync/plan-assistant.ts';
import { bindTemplate } from '../../templates/bind.ts';
import type { RolloutCall } from '../dependencies.ts';
import type { RolloutRequest, Target } from '../rollout.ts';
import { waveSizes } from '../waves.ts';
import { assertVersion, targetsOf } from './start-rollout.ts';

/** The largest page, in bytes: a plan quotes whole prompts, and Lambda returns at most 6 MB. */
const LARGEST_PAGE = 3 * 1024 * 1024;

/** A target is looked at only with at least this much of the request's time left, in ms. */
const ANSWER_MS = 8_000;

/**
 * What a rollout would do: a page of its targets with their plans; fewer than asked for when these are large. Only
 * reads. Throws as starting one does.
 */
export async function planRollout(
  call: RolloutCall,
  request: RolloutRequest,
  { limit, after }: { limit: number; after: string | undefined },
) {
  await assertVersion(call, request);
  const errors: FieldError[] = [];
  const from = offsetIn(after, errors);
  if (errors.length > 0) throw validationFailed(errors);
  const targets = await targetsOf(call, request);
  const waves = waveSizes(targets.length, request.waves);
  const plan = async ({ orgId, role }: Target, position: number) => {
    const planned = await planTarget(call, request, { orgId, role });
    return { orgId, role, wave: waveOf(position, waves), ...planned };
  };
  const items: Awaited<ReturnType<typeof plan>>[] = [];
  let bytes = 0;
  const isEnough = () => items.length > 0 && (bytes > LARGEST_PAGE || call.deadline.remainingMs() < ANSWER_MS);
  while (items.length < limit && from + items.length < targets.length && !isEnough()) {
    const at = from + items.length;
    const some = targets.slice(at, Math.min(at + request.maxConcurrent, from + limit));
    for (const item of await Promise.all(some.map((target, index) => plan(target, at + index)))) {
      bytes += Buffer.byteLength(JSON.stringify(item));
      if (items.length === 0 || bytes <= LARGEST_PAGE) items.push(item);
    }
  }
  const end = from + items.length;
  return { dryRun: true, targets: targets.length, waves, items, next: end < targets.length ? String(end) : null };
}

function waveOf(position: number, sizes: readonly number[]): number {
  let end = 0;
  return (
    1 +
    sizes.findIndex((size) => {
      end += size;
      return position < end;
    })
  );
}

async function planTarget(call: RolloutCall, { template: id, version }: RolloutRequest, key: AssistantKey) {
  const operation = { ...call, id: 'plan', key, by: { kind: 'rollout', id: 'plan' } as const };
  try {
    const { template: { variables, overrides } = {} } = mappingOf(await call.mappings.read(key.orgId), key) ?? {};
    const rules = { inlineCredentials: call.inlineCredentials, allowEmpty: true };
    const request = { id, version, variables, overrides };
    const { asked } = await bindTemplate(operation, call.bound, { request, rules });
    const { plan } = await planAssistant(operation, { desired: desireAssistant(asked, key, call.deployment) });
    return { plan: plan.kind, changes: 'patch' in plan ? plan.patch.changes.map(maskChange) : [] };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { plan: 'failed', changes: [], code: error.code, detail: error.message };
  }
}

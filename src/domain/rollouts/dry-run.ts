import pMap from 'p-map';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import { desireAssistant } from '../configuration/configuration.ts';
import { maskChange } from '../configuration/masking.ts';
import { mappingOf } from '../mapping/assistant-mapping.ts';
import { cursorError, Problem, validationFailed } from '../problem.ts';
import { planAssistant } from '../sync/ensure-assistant.ts';
import { bindTemplate } from '../templates/bind.ts';
import type { RolloutCall } from './dependencies.ts';
import { assertVersion, targetsOf } from './plan.ts';
import type { RolloutRequest, Target } from './rollout.ts';
import { waveSizes } from './waves.ts';

/** What a rollout would do: a page of its targets with their plans. Reads only. Throws as the start of one does. */
export async function planRollout(
  call: RolloutCall,
  request: RolloutRequest,
  { limit, after }: { limit: number; after: string | undefined },
) {
  await assertVersion(call, request);
  const from = after === undefined ? 0 : Number(after);
  if (!Number.isInteger(from) || from < 0) {
    throw validationFailed([cursorError()]);
  }
  const targets = await targetsOf(call, request);
  const waves = waveSizes(targets.length, request.waves);
  const plan = async ({ orgId, role }: Target, index: number) => {
    const planned = await planTarget(call, request, { orgId, role });
    return { orgId, role, wave: waveOf(from + index, waves), ...planned };
  };
  const items = await pMap(targets.slice(from, from + limit), plan, { concurrency: request.maxConcurrent });
  const next = from + limit < targets.length ? String(from + limit) : null;
  return { dryRun: true, targets: targets.length, waves, items, next };
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

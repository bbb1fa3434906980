import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import { mask, maskChange } from '../../domain/configuration/masking.ts';
import type { VoiceDecision } from '../../domain/configuration/voice.ts';
import type { Json } from '../../domain/json.ts';
import type { PhoneNumberState, TemplateBinding } from '../../domain/mapping/assistant-mapping.ts';
import { isSameBinding } from '../../domain/mapping/binding.ts';
import { liveOf } from '../../domain/mapping/describe.ts';
import type { SyncResult } from '../../domain/sync/ensure-assistant.ts';
import type { Decision } from '../../domain/sync/plan-assistant.ts';

interface Asked {
  voice: VoiceDecision;
  specHash: string;
  operationId: string;
}

/** The body of the answer to a PUT. */
export function syncResponse(result: SyncResult, { voice, specHash, operationId }: Asked) {
  const { mapping, outcome, wasDeleted, access } = result;
  return {
    orgId: mapping.orgId,
    role: mapping.role,
    assistantId: mapping.assistantId,
    outcome,
    isNew: outcome === 'created' || outcome === 'recreated',
    wasDeleted,
    specHash,
    revision: mapping.revision,
    voice: shownVoice(voice),
    credentials: { source: access.source },
    tools: { status: mapping.tools.status, count: mapping.tools.count },
    phoneNumber: mapping.phoneNumber && phoneNumberOf(mapping.phoneNumber),
    ...liveOf(mapping),
    operationId,
  };
}

function phoneNumberOf({ id, status }: PhoneNumberState) {
  return { id, status };
}

interface Planned extends Asked {
  key: AssistantKey;
  /** The template that the assistant would be bound to. */
  binding: TemplateBinding | undefined;
}

/** The body of the answer to a dry run: the plan, and every field that it would change. */
export function planResponse({ plan, mapping, access }: Decision, asked: Planned) {
  return {
    dryRun: true,
    ...asked.key,
    assistantId: mapping?.assistantId ?? null,
    plan: plan.kind,
    cause: plan.kind === 'create' ? plan.cause : undefined,
    changes: 'patch' in plan ? plan.patch.changes.map(maskChange) : [],
    rebinds: !isSameBinding(mapping?.template, asked.binding),
    tools: 'tools' in plan ? { status: plan.tools.status, count: plan.tools.count } : undefined,
    specHash: asked.specHash,
    voice: shownVoice(asked.voice),
    credentials: { source: access.source },
    operationId: asked.operationId,
  };
}

interface ShownVoice extends Pick<VoiceDecision, 'reason'> {
  requested: Json;
  applied: Json;
  fallbacks: ShownVoice[] | undefined;
}

/**
 * Without secrets: a voice that comes from a template, or from the history, may hold some that its caller must not see.
 */
function shownVoice({ requested, applied, reason, fallbacks }: VoiceDecision): ShownVoice {
  return { requested: mask(requested), applied: mask(applied), reason, fallbacks: fallbacks?.map(shownVoice) };
}

import type { LivePhoneNumber, Resource } from '../account/vapi-account.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { diffAssistant, type FieldChange } from '../configuration/diff.ts';
import { maskChange } from '../configuration/masking.ts';
import { normaliseVoice, type VoicePolicy } from '../configuration/voice.ts';
import type { JsonObject } from '../json.ts';
import type { AssistantMapping, LiveState } from '../mapping/assistant-mapping.ts';
import { Problem } from '../problem.ts';
import { linkedToolIds, withToolIds } from '../tools/link-tools.ts';
import type { AssistantReport, Check } from './organisation-report.ts';

/** What a judgement is made from. */
export interface Seen {
  mapping: AssistantMapping;
  live: Resource;
  /** The configuration that was applied last; undefined when the table does not have it. */
  applied: Configuration | undefined;
  /** Linked tools that are gone at Vapi. */
  goneTools: readonly string[];
  /** The number that the organisation wants for this role, and the number as Vapi has it. */
  number: { id: string; live: LivePhoneNumber | undefined } | undefined;
  voicePolicy: VoicePolicy;
  /** What callers hear. */
  heard: LiveState;
}

export type Judgement = Pick<AssistantReport, 'checks' | 'differences'>;

/** The judgement on an assistant that does not exist. */
export function judgeMissing(why: string): Judgement {
  const unknown: Check = { status: 'UNKNOWN', message: 'There is no assistant to look at' };
  const checks = {
    there: fail(why),
    equal: unknown,
    tools: unknown,
    phoneNumber: unknown,
    voice: unknown,
    live: unknown,
  };
  return { checks, differences: [] };
}

/** Compares what was seen with what was asked for. */
export function judgeAssistant(seen: Seen): Judgement {
  const { applied, live, voicePolicy } = seen;
  const differences = applied ? differencesFrom(applied, seen) : [];
  const checks = {
    there: pass(`Vapi has it in account ${live.vapiOrgId}`),
    equal: equality(seen, differences),
    tools: toolsCheck(seen),
    phoneNumber: numberCheck(seen),
    voice: voiceCheck(live.config, voicePolicy),
    live: liveCheck(seen.heard),
  };
  return { checks, differences: differences.map(maskChange) };
}

function differencesFrom({ payload }: Configuration, { mapping, live }: Seen): FieldChange[] {
  const ours = mapping.tools.linked.map(({ toolId }) => toolId);
  const wanted = withToolIds(payload, { ours, former: ours, live: live.config });
  return diffAssistant({ wanted, live: live.config, lastApplied: [], alreadyApplied: true });
}

function equality({ mapping, applied }: Seen, differences: readonly FieldChange[]): Check {
  if (mapping.specHash === undefined) return none('Nothing was applied yet: the assistant is as it was imported');
  if (!applied) return fail('The table does not have the configuration that was applied last');
  if (differences.length === 0) return pass('Every field that was asked for is as it was applied last');
  return fail(`Not as it was applied last: ${differences.map(({ path }) => path).join(', ')}`);
}

function toolsCheck({ mapping: { tools }, live, goneTools }: Seen): Check {
  const { status, count, linked, refused } = tools;
  if (status === 'none') return none('No tools were asked for');
  if (refused) return fail(`Vapi refused a tool: ${refused}`);
  if (status === 'pending') return fail(`Not all of the ${count} tools are registered and linked yet`);
  if (goneTools.length > 0) return fail(`Vapi does not have the tools ${goneTools.join(', ')} any more`);
  const unlinked = linked
    .map(({ toolId }) => toolId)
    .filter((toolId) => !linkedToolIds(live.config.model).includes(toolId));
  if (unlinked.length > 0) return fail(`The assistant is not linked to the tools ${unlinked.join(', ')}`);
  return pass(`${count} of ${count} are linked`);
}

function numberCheck({ number, live: assistant }: Seen): Check {
  if (!number) return none('No phone number is configured for this role');
  const { id, live } = number;
  if (!live) return fail(`The account has no phone number ${id}`);
  if (live.assistantId === assistant.id) return pass(`Number ${id} is answered by this assistant`);
  if (live.assistantId) return fail(`Number ${id} is answered by assistant ${live.assistantId}`);
  return fail(`Number ${id} is answered by ${live.isTakenOtherwise ? 'a squad or a workflow' : 'nobody'}`);
}

/** Vapi says only on a change whether it accepts a voice: this goes by our catalogue of retired voices. */
function voiceCheck({ voice }: JsonObject, policy: VoicePolicy): Check {
  try {
    const { reason, applied } = normaliseVoice(voice, policy);
    const name = `${String(applied.provider)}/${String(applied.voiceId)}`;
    if (reason === 'supported') return pass(`${name} is a voice that Vapi takes`);
    return fail(`The live voice is one that is replaced by ${name} (${reason}); the next PUT does it`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return fail(error.message);
  }
}

/** While the traffic is pinned to older versions, callers do not hear what is stored. */
function liveCheck({ state, versions = [] }: LiveState): Check {
  if (state === 'current') return pass('Callers hear what is stored');
  if (state === 'unknown') return { status: 'UNKNOWN', message: 'What callers hear could not be read' };
  const shares = versions.map(({ version, percentage }) => `${version} ${percentage} %`).join(', ');
  return fail(`Callers hear pinned versions (${shares}); a PUT with "traffic": "follow-latest" takes the pin off`);
}

function pass(message: string): Check {
  return { status: 'PASS', message };
}

function fail(message: string): Check {
  return { status: 'FAIL', message };
}

function none(message: string): Check {
  return { status: 'NONE', message };
}

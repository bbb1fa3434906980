import { type AccessSession, openAccessSession } from '../access-session.ts';
import { diffAssistant, type FieldChange } from '../assistant-diff.ts';
import type { AssistantMapping, OrganisationView } from '../assistant-mapping.ts';
import type { Access } from '../credentials.ts';
import { stateOf } from '../describe-assistants.ts';
import type { Journal } from '../journal.ts';
import type { JsonObject } from '../json.ts';
import { lookAt } from '../observe.ts';
import type { SyncDependencies } from '../operation.ts';
import { Problem } from '../problem.ts';
import type { Deadline } from '../runtime.ts';
import type { LiveAssistant } from '../vapi-account.ts';
import { normaliseVoice, type VoicePolicy } from '../voice.ts';
import type { AssistantChecks, AssistantReport, Check } from './organisation-report.ts';

export interface OrganisationCheck {
  orgId: string;
  voicePolicy: VoicePolicy;
  deadline: Deadline;
  journal: Journal;
}

/**
 * Compares each mapped assistant of an organisation with Vapi and with what was applied last. Only reads. Throws `NOT_FOUND` when
 * nothing is mapped, and the `Problem` of a key or of a Vapi that cannot be used: then nothing is known.
 */
export async function verifyOrganisation(deps: SyncDependencies, check: OrganisationCheck): Promise<AssistantReport[]> {
  const view = await deps.mappings.read(check.orgId);
  const [first] = view.mappings;
  if (!first) {
    throw new Problem('NOT_FOUND', 'No assistant is mapped for this organisation. PUT one, then verify it.');
  }
  const session = openAccessSession(deps, { key: first, journal: check.journal, deadline: check.deadline });
  for (;;) {
    const reports = await session.reauthorising(() => checkAll(deps, check, { view, session }));
    if (reports) return reports;
  }
}

async function checkAll(
  deps: SyncDependencies,
  check: OrganisationCheck,
  { view, session }: { view: OrganisationView; session: AccessSession },
): Promise<AssistantReport[]> {
  const access = await session.access(async () => view.record);
  const now = deps.runtime.now();
  return await Promise.all(
    view.mappings.map(async (mapping) => {
      const seen = await look(deps, check, { mapping, access });
      const { checks, differences } = judge(check, seen);
      const isHealthy = Object.values(checks).every(({ status }) => status === 'PASS' || status === 'NONE');
      return {
        role: mapping.role,
        assistantId: mapping.assistantId ?? null,
        state: stateOf(mapping, now),
        status: isHealthy ? ('PASS' as const) : ('FAIL' as const),
        checks,
        differences,
      };
    }),
  );
}

/** All that the judgement rests on. */
interface Seen {
  mapping: AssistantMapping;
  /** Absent with a reason when there is nothing to look at. */
  live: { kind: 'live'; assistant: LiveAssistant } | { kind: 'absent'; why: string };
  /** The configuration that was applied last. */
  applied: JsonObject | undefined;
}

async function look(
  deps: SyncDependencies,
  { deadline }: OrganisationCheck,
  { mapping, access }: { mapping: AssistantMapping; access: Access },
): Promise<Seen> {
  const { assistantId, scope, specHash } = mapping;
  const applied = specHash ? await deps.specs.load(mapping, specHash) : undefined;
  if (!assistantId) return { mapping, applied, live: { kind: 'absent', why: 'No assistant is recorded yet' } };
  if (scope !== access.scope) {
    const why = `It was made with the key of scope ${scope ?? 'none'}, but the organisation now uses that of ${access.scope}; the next PUT moves it`;
    return { mapping, applied, live: { kind: 'absent', why } };
  }
  const found = await lookAt(deps.vapi.open(access.apiKey, deadline), mapping, assistantId);
  if (found.kind === 'live') return { mapping, applied, live: found };
  const why = `Vapi has no assistant ${assistantId}; the next PUT makes it again`;
  return { mapping, applied, live: { kind: 'absent', why } };
}

type Judgement = Pick<AssistantReport, 'checks' | 'differences'>;

function judge({ voicePolicy }: OrganisationCheck, { mapping, live, applied }: Seen): Judgement {
  if (live.kind === 'absent') return { checks: nothingThere(live.why), differences: [] };
  const { config } = live.assistant;
  const differences = applied ? differencesFrom(applied, config) : [];
  const checks: AssistantChecks = {
    there: pass(`Vapi has it in account ${live.assistant.vapiOrgId}`),
    equal: applied ? equality(differences) : fail('The table does not have the configuration that was applied last'),
    tools: toolsCheck(mapping),
    phoneNumber: { status: 'NONE', message: 'No phone number is configured' },
    voice: voiceCheck(config, voicePolicy),
  };
  return { checks, differences };
}

function nothingThere(why: string): AssistantChecks {
  const unknown: Check = { status: 'UNKNOWN', message: 'There is no assistant to look at' };
  return { there: fail(why), equal: unknown, tools: unknown, phoneNumber: unknown, voice: unknown };
}

function differencesFrom(wanted: JsonObject, live: JsonObject): FieldChange[] {
  return diffAssistant({ wanted, live, lastApplied: [], alreadyApplied: true });
}

function equality(differences: readonly FieldChange[]): Check {
  if (differences.length === 0) return pass('Every field that was asked for is as it was applied last');
  return fail(`Not as it was applied last: ${differences.map(({ path }) => path).join(', ')}`);
}

function toolsCheck({ tools: { status, count } }: AssistantMapping): Check {
  if (status === 'none') return { status: 'NONE', message: 'No tools were asked for' };
  return status === 'linked' ? pass(`${count} linked`) : fail(`${count} are not linked yet`);
}

/** Vapi says only on a change whether it takes a voice; what it has retired is known here. */
function voiceCheck({ voice }: JsonObject, policy: VoicePolicy): Check {
  try {
    const { reason, applied } = normaliseVoice(voice, policy);
    const name = `${String(applied.provider)}/${String(applied.voiceId)}`;
    if (reason === 'supported') return pass(`${name} is a voice that Vapi takes`);
    return fail(`The live voice would be replaced by ${name} (${reason}); the next PUT does it`);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return fail(error.message);
  }
}

function pass(message: string): Check {
  return { status: 'PASS', message };
}

function fail(message: string): Check {
  return { status: 'FAIL', message };
}

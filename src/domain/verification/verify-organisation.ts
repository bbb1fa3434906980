import { type AccessSession, openAccessSession } from '../account/access-session.ts';
import type { Access } from '../account/credentials.ts';
import type { Resource } from '../account/vapi-account.ts';
import type { Journal } from '../journal.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { stateOf } from '../mapping/describe.ts';
import type { OrganisationView } from '../mapping/organisation-view.ts';
import type { SyncDependencies } from '../operation.ts';
import { lookAtNumber } from '../phone-number/link-phone-number.ts';
import { wantedPhoneNumber } from '../phone-number/phone-number.ts';
import { Problem, unreadableRow } from '../problem.ts';
import type { Deadline } from '../runtime.ts';
import { lookAt } from '../sync/observe.ts';
import { liveUnder } from '../traffic/live.ts';
import { type Judgement, judgeAssistant, judgeMissing, type Seen } from './judge-assistant.ts';
import type { AssistantReport } from './organisation-report.ts';

interface OrganisationCheck extends SyncDependencies {
  orgId: string;
  operationId: string;
  deadline: Deadline;
  journal: Journal;
}

/**
 * Compares each mapped assistant of an organisation with Vapi and with what was applied last. Only reads. Throws
 * `NOT_FOUND` when nothing is mapped, and the `Problem` of a key or of Vapi when these cannot be used.
 */
export async function verifyOrganisation(check: OrganisationCheck): Promise<AssistantReport[]> {
  const view = await check.mappings.read(check.orgId);
  const [hidden] = view.unreadable;
  if (hidden) throw unreadableRow(hidden.unreadable);
  const [first] = view.mappings;
  if (!first) {
    throw new Problem('NOT_FOUND', 'No assistant is mapped for this organisation. PUT one, then verify it.');
  }
  const session = openAccessSession({ ...check, key: first });
  for (;;) {
    const reports = await session.reauthorising(() => reportAll(check, { view, session }));
    if (reports) return reports;
  }
}

async function reportAll(
  check: OrganisationCheck,
  { view, session }: { view: OrganisationView; session: AccessSession },
): Promise<AssistantReport[]> {
  const access = await session.access(async () => view.record);
  return await Promise.all(view.mappings.map((mapping) => report(check, { mapping, access })));
}

interface Mapped {
  mapping: AssistantMapping;
  access: Access;
}

async function report(check: OrganisationCheck, { mapping, access }: Mapped): Promise<AssistantReport> {
  const { checks, differences } = await judge(check, { mapping, access });
  const isHealthy = Object.values(checks).every(({ status }) => status === 'PASS' || status === 'NONE');
  return {
    role: mapping.role,
    assistantId: mapping.assistantId ?? null,
    state: stateOf(mapping, check.runtime.now()),
    status: isHealthy ? 'PASS' : 'FAIL',
    checks,
    differences,
  };
}

async function judge(check: OrganisationCheck, mapped: Mapped): Promise<Judgement> {
  const { mapping, access } = mapped;
  const { assistantId, scope } = mapping;
  if (!assistantId) return judgeMissing('No assistant is recorded yet');
  if (scope !== access.scope) {
    return judgeMissing(
      `It was made with the key of scope ${scope ?? 'none'}, but the organisation now uses that of ${access.scope}; the next PUT moves it`,
    );
  }
  const found = await lookAt(check.vapi.open(access.apiKey, check.deadline), mapping, assistantId);
  if (found.kind === 'live') return judgeAssistant(await lookCloser(check, { ...mapped, live: found.assistant }));
  return judgeMissing(`Vapi has no assistant ${assistantId}; the next PUT makes it again`);
}

async function lookCloser(
  check: OrganisationCheck,
  { mapping, access, live }: Mapped & { live: Resource },
): Promise<Seen> {
  const phoneNumberId = wantedPhoneNumber(mapping, access);
  const { tools: account, traffic } = check.vapi.open(access.apiKey, check.deadline);
  const [applied, number, tools, allocation] = await Promise.all([
    mapping.specHash ? check.specs.load(mapping, mapping.specHash) : undefined,
    phoneNumberId ? lookAtNumber(check, { phoneNumberId, apiKey: access.apiKey }) : undefined,
    Promise.all(mapping.tools.linked.map(async ({ toolId }) => ({ toolId, ...(await account.get(toolId)) }))),
    traffic.latest(live.id),
  ]);
  const goneTools = tools.filter(({ kind }) => kind === 'missing').map(({ toolId }) => toolId);
  const wanted = phoneNumberId === undefined ? undefined : { id: phoneNumberId, live: number };
  const heard = liveUnder(allocation.kind === 'found' ? allocation.allocation : undefined);
  return { mapping, live, applied, goneTools, number: wanted, voicePolicy: check.voicePolicy, heard };
}

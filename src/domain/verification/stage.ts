import * as z from 'zod/mini';
import type { ApiKey } from '../account/api-key.ts';
import type { Resource, VapiAccount } from '../account/vapi-account.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import type { SyncDependencies } from '../operation.ts';
import type { Deadline } from '../runtime.ts';
import { expect, Unmet } from './expectations.ts';
import { listMadeBy } from './made-by-run.ts';
import type { ScenarioName } from './report.ts';
import { throwAwayOrganisation, type VerificationRun, type VerificationRuns } from './run.ts';
import type { ServiceAnswer, ServiceUnderTest } from './service.ts';

/** What verification depends on: the service itself, and ways past it to Vapi and to the table. */
export interface VerificationDependencies {
  service: ServiceUnderTest;
  sync: SyncDependencies;
  runs: VerificationRuns;
}

/** The keys of the accounts that a run looks into. `own` is absent when none is configured. */
export interface VerificationKeys {
  platform: ApiKey;
  own?: ApiKey;
}

/** What one scenario runs with. */
export interface Stage {
  deps: VerificationDependencies;
  run: VerificationRun;
  keys: VerificationKeys;
  scenario: ScenarioName;
  /** The deadline of the scenario, without its clean-up. */
  deadline: Deadline;
  /** Goes into the report. */
  details: Record<string, unknown>;
  nextOperationId: () => string;
}

/** One scenario. `show` returns a sentence that says what was shown, or throws. */
export interface Scenario {
  name: ScenarioName;
  /** The purposes of its throw-away organisations, one for each. */
  purposes: readonly string[];
  /** True when the scenario registers the tool of the run. */
  usesTool?: true;
  show(stage: Stage): Promise<string>;
}

const ROLE = 'inbound';

/** The assistant of the organisation that serves a purpose in this run. */
export function keyOf({ run }: Stage, purpose: string): AssistantKey {
  return { orgId: throwAwayOrganisation(run.runId, purpose), role: ROLE };
}

/** The prompt of this run's assistants. Nothing but Vapi and the stored configuration may hold it. */
export function promptOf(run: VerificationRun): string {
  return `Say that this is a verification (prompt ${run.runId}).`;
}

/** A configuration that Vapi accepts, with these fields in place of its own. */
export function configurationFor({ run }: Stage, fields: JsonObject = {}): JsonObject {
  return {
    name: 'vapi-sync verification',
    firstMessage: 'This assistant is about to be removed.',
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: promptOf(run) }] },
    voice: { provider: 'azure', voiceId: 'en-US-AndrewNeural' },
    ...fields,
  };
}

/** PUTs a body and returns the answer, whatever it is. Throws `Unmet` when the time of the scenario is over. */
export async function put(stage: Stage, purpose: string, body: JsonObject): Promise<ServiceAnswer> {
  const { deps, deadline } = stage;
  expect(deadline.remainingMs() > 0, 'Out of time before everything was shown');
  const operationId = stage.nextOperationId();
  const answer = await deps.service.put({ key: keyOf(stage, purpose), operationId, deadline }, body);
  const answered = answer.headers['x-operation-id'];
  expect(
    answered === operationId,
    `Operation ${operationId} was answered with X-Operation-Id ${answered ?? 'missing'}`,
  );
  return answer;
}

const syncedSchema = z.lazy(() =>
  z.looseObject({
    assistantId: z.string(),
    outcome: z.string(),
    live: z.string(),
    wasDeleted: z.boolean(),
    specHash: z.string(),
    revision: z.number(),
    voice: z.looseObject({ reason: z.string() }),
    credentials: z.looseObject({ source: z.string() }),
  }),
);

export interface Synced extends z.infer<typeof syncedSchema> {
  answer: ServiceAnswer;
}

/** PUTs a body that must be accepted. Throws `Unmet` with the problem when it is not. */
export async function sync(stage: Stage, purpose: string, body: JsonObject): Promise<Synced> {
  const answer = await put(stage, purpose, body);
  expect(answer.status === 200 || answer.status === 201, `PUT for "${purpose}" ${refusalOf(answer)}`);
  const parsed = syncedSchema.safeParse(answer.body);
  if (!parsed.success) throw new Unmet(`PUT for "${purpose}" was answered ${answer.status} with an unknown body`);
  return { ...parsed.data, answer };
}

/** How the service refused, with its own words: `was answered 422 VAPI_REJECTED: …`. */
export function refusalOf({ status, body }: ServiceAnswer): string {
  const { code, detail } = body;
  return `was answered ${status} ${typeof code === 'string' ? `${code}: ${String(detail)}` : 'without a problem'}`;
}

/** The platform's account at Vapi, past the service. */
export function platformAccount({ deps, keys, deadline }: Stage): VapiAccount {
  return deps.sync.vapi.open(keys.platform, deadline);
}

/** The assistant as Vapi has it. Throws `Unmet` when this account does not have it. */
export async function live(account: VapiAccount, assistantId: string, where: string): Promise<Resource> {
  const found = await account.assistants.get(assistantId);
  if (found.kind === 'found') return found.resource;
  throw new Unmet(`Assistant ${assistantId} is not in ${where} at Vapi`);
}

/** The one mapping of the organisation. Throws `Unmet` unless it names this assistant and holds no claim. */
export async function mapped(stage: Stage, purpose: string, assistantId: string): Promise<AssistantMapping> {
  const mapping = await rowOf(stage, purpose, assistantId);
  expect(mapping.claim === undefined, `The mapping of "${purpose}" is still claimed after the answer`);
  return mapping;
}

/** The one mapping of the organisation, also while it is claimed. Throws `Unmet` unless it names this assistant. */
export async function rowOf(stage: Stage, purpose: string, assistantId: string): Promise<AssistantMapping> {
  const { mappings } = await stage.deps.sync.mappings.read(keyOf(stage, purpose).orgId);
  const [mapping] = mappings;
  expect(
    mapping !== undefined && mappings.length === 1,
    `The table has ${mappings.length} mappings for "${purpose}" instead of one`,
  );
  expect(
    mapping.assistantId === assistantId,
    `The table maps "${purpose}" to ${mapping.assistantId ?? 'no assistant'} instead of ${assistantId}`,
  );
  return mapping;
}

/** The pause between two looks at a list that does not show a new assistant yet, in ms. */
const PAUSE_MS = 500;

/** The list is read again only with at least this much time left, in ms. */
const LOOK_MS = 5_000;

/**
 * Throws `Unmet` when Vapi lists an assistant of the organisation other than this one (or any, without one). While the
 * list does not show this one, it might not show a second one either: so it is read again while there is time, and then
 * the scenario fails.
 */
export async function expectNoOther(stage: Stage, purpose: string, assistantId?: string): Promise<void> {
  const { runtime } = stage.deps.sync;
  for (;;) {
    const ids = await idsOf(stage, purpose);
    const wanted = assistantId ? 1 : 0;
    expect(
      ids.length <= wanted,
      `Vapi has ${ids.length} assistants of "${purpose}" instead of ${wanted}: ${ids.join(', ')}`,
    );
    if (!assistantId || ids.includes(assistantId)) return;
    expect(ids.length === 0, `Vapi lists ${ids.join(', ')} for "${purpose}" instead of ${assistantId}`);
    expect(
      stage.deadline.remainingMs() > LOOK_MS,
      `Vapi's list does not show assistant ${assistantId} of "${purpose}": whether there is a second one cannot be seen`,
    );
    await runtime.sleep(PAUSE_MS);
  }
}

async function idsOf(stage: Stage, purpose: string): Promise<string[]> {
  const run = { ...stage.run, organisations: [keyOf(stage, purpose).orgId] };
  const listed = await listMadeBy(stage.deps.sync, platformAccount(stage), run);
  return listed.map(({ id }) => id);
}

/** Throws `Unmet` unless neither Vapi nor the table has anything for the organisation. */
export async function expectNothing(stage: Stage, purpose: string): Promise<void> {
  await expectNoOther(stage, purpose);
  const { mappings } = await stage.deps.sync.mappings.read(keyOf(stage, purpose).orgId);
  expect(mappings.length === 0, `The table has a mapping for "${purpose}", whose only PUT was refused`);
}

/** `provider/voiceId` of a configuration, for comparing and for people. */
export function voiceOf(config: JsonObject): string {
  const { voice } = config;
  return isJsonObject(voice) ? `${String(voice.provider)}/${String(voice.voiceId)}` : 'no voice';
}

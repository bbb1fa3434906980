import { makeSyncApplication, type SyncApplication } from '../application.ts';
import { parseOrganisationRequest, replaceOrganisation } from '../domain/account/organisation-settings.ts';
import type { Actor } from '../domain/actor.ts';
import {
  type AssistantKey,
  assertNotReserved,
  parseAssistantKey,
  parseOrgId,
} from '../domain/configuration/assistant-key.ts';
import { type AssistantRequest, parseAssistantRequest } from '../domain/configuration/assistant-request.ts';
import { type DesiredAssistant, desireAssistant } from '../domain/configuration/configuration.ts';
import { loadStoredRequest } from '../domain/history/stored-request.ts';
import type { TemplateBinding } from '../domain/mapping/assistant-mapping.ts';
import type { Expectation } from '../domain/mapping/expectation.ts';
import type { Operation } from '../domain/operation.ts';
import { validationFailed } from '../domain/problem.ts';
import { type Decision, planAssistant } from '../domain/sync/plan-assistant.ts';
import { removeAssistant } from '../domain/sync/remove-assistant.ts';
import { syncAssistant } from '../domain/sync/sync-assistant.ts';
import { bindTemplate } from '../domain/templates/bind.ts';
import { type BindingRequest, namesTemplate, parseBinding } from '../domain/templates/parse-binding.ts';
import { assertNoReferences } from '../domain/templates/references.ts';
import { organisationResponse } from './answers/organisation-answer.ts';
import { parseRollback, rollbackNote } from './answers/rollback.ts';
import { planResponse, syncResponse } from './answers/sync-answer.ts';
import { entityTag, parsePrecondition } from './http/entity-tag.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { parseFlag } from './http/query.ts';
import { parseJsonBody } from './http/request.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';

/** The routes of the function, which verification uses too. */
export const syncRoutes: Routes<SyncApplication> = {
  'PUT /orgs/{orgId}/assistants/{role}': {
    operation: ({ query }) => (query.dryRun === 'true' ? 'dry-run' : 'sync'),
    query: ['dryRun', 'allowEmpty'],
    answer: async (call) => await put(call, keyOf(call)),
  },
  'POST /orgs/{orgId}/assistants/{role}/rollback': {
    operation: ({ query }) => (query.dryRun === 'true' ? 'dry-run' : 'rollback'),
    query: ['dryRun'],
    answer: async (call) => await rollBack(call, keyOf(call)),
  },
  'PUT /orgs/{orgId}': { operation: 'organisation', forOperators: true, answer: putOrganisation },
  'DELETE /orgs/{orgId}/assistants/{role}': {
    operation: 'delete',
    query: ['dryRun'],
    answer: async (call) => await remove(call, keyOf(call)),
  },
};

export function makeSyncHandler(app: SyncApplication): HttpHandler {
  return makeHttpHandler(app, syncRoutes);
}

function keyOf({ request: { path } }: Call<SyncApplication>): AssistantKey {
  return parseAssistantKey(path.orgId, path.role);
}

async function put(call: Call<SyncApplication>, key: AssistantKey): Promise<Answer> {
  const { app, request } = call;
  if (!app.isVerification) assertNotReserved(key.orgId);
  const body = parseJsonBody(request);
  if (namesTemplate(body)) return await putBound(call, key, bindingIn(call, body));
  const { voicePolicy } = app.sync;
  const allowEmpty = parseFlag(request, 'allowEmpty');
  const rules = { voicePolicy, inlineCredentials: app.inlineCredentials, allowEmpty };
  const asked = parseAssistantRequest(body, rules);
  return await apply(call, { key, asked });
}

function bindingIn({ request: { claims } }: Call<SyncApplication>, body: unknown): BindingRequest {
  const request = parseBinding(body);
  const { variables = {}, overrides = {} } = request;
  if (claims !== undefined) assertNoReferences({ variables, overrides });
  return request;
}

/** Applies the configuration that a template gives for the organisation. */
async function putBound(call: Call<SyncApplication>, key: AssistantKey, request: BindingRequest): Promise<Answer> {
  const { app } = call;
  const rules = { inlineCredentials: app.inlineCredentials, allowEmpty: parseFlag(call.request, 'allowEmpty') };
  return await apply(call, { key, ...(await bindTemplate(operationOf(call, key), app.templates, { request, rules })) });
}

/** Replaces the record of an organisation, which makes the organisation known. */
async function putOrganisation({ app, request }: Call<SyncApplication>): Promise<Answer> {
  const orgId = parseOrgId(request.path.orgId);
  assertNotReserved(orgId);
  const record = parseOrganisationRequest(parseJsonBody(request));
  const expected = parsePrecondition(request);
  const { outcome, ...stored } = await replaceOrganisation(app.organisations, { orgId, record, expected });
  return { response: organisationResponse(outcome === 'created' ? 201 : 200, orgId, stored), outcome };
}

/** A PUT of a configuration that was applied before. */
async function rollBack(call: Call<SyncApplication>, key: AssistantKey): Promise<Answer> {
  assertNotReserved(key.orgId);
  const { app, request } = call;
  const specHash = parseRollback(parseJsonBody(request));
  const asked = await loadStoredRequest(app.sync.specs, key, { specHash, policy: app.sync.voicePolicy });
  return await apply(call, { key, asked, rolledBackTo: specHash });
}

interface Asked {
  key: AssistantKey;
  asked: AssistantRequest;
  /** The template that the configuration comes from. */
  binding?: TemplateBinding;
  /** The hash of the stored configuration, for a rollback. */
  rolledBackTo?: string;
}

async function apply(call: Call<SyncApplication>, { key, asked, binding, rolledBackTo }: Asked): Promise<Answer> {
  const { app, request, journal } = call;
  const started = app.runtime.now();
  const dryRun = parseFlag(request, 'dryRun');
  const expected = parsePrecondition(request);
  const desired = desireAssistant(asked, key, app.sync.deployment);
  journal.record({
    code: 'VOICE_NORMALISED',
    reason: asked.voice.reason,
    fallbacks: asked.voice.fallbacks?.length ?? 0,
  });
  const operation = operationOf(call, key);
  const body = dryRun
    ? await plan(call, { operation, asked, desired, expected, binding })
    : await sync(call, { operation, asked, desired, expected, binding });
  const rollback = rolledBackTo ? { rollback: rollbackNote(rolledBackTo, desired) } : {};
  const durationMs = app.runtime.now() - started;
  return {
    ...body,
    response: jsonResponse(body.statusCode, { ...body.answer, ...rollback, durationMs }, body.headers),
  };
}

interface Put {
  operation: Operation;
  asked: AssistantRequest;
  desired: DesiredAssistant;
  expected: Expectation;
  binding?: TemplateBinding | null | undefined;
}

interface PutAnswer {
  statusCode: number;
  outcome: string;
  answer: object;
  headers: Record<string, string>;
}

async function sync(
  { operationId }: Call<SyncApplication>,
  { operation, asked, desired, expected, binding = null }: Put,
): Promise<PutAnswer> {
  const result = await syncAssistant(operation, { desired, expected, traffic: asked.traffic, binding });
  const answer = syncResponse(result, { voice: asked.voice, specHash: desired.specHash, operationId });
  return {
    statusCode: answer.isNew ? 201 : 200,
    outcome: result.outcome,
    answer,
    headers: entityTag(answer.revision),
  };
}

async function plan(
  { operationId }: Call<SyncApplication>,
  { operation, asked, desired, expected, binding }: Put,
): Promise<PutAnswer> {
  const decision = await planAssistant(operation, { desired, expected });
  const answer = planResponse(decision, {
    key: operation.key,
    voice: asked.voice,
    specHash: desired.specHash,
    operationId,
    binding: binding ?? undefined,
  });
  return { statusCode: 200, outcome: `plan-${decision.plan.kind}`, answer, headers: planTag(decision) };
}

/** The tag with which a PUT carries out exactly this plan: it is refused when anything has changed since. */
function planTag({ plan, mapping }: Decision): Record<string, string> {
  return mapping && plan.kind !== 'wait' ? entityTag(mapping.revision) : {};
}

async function remove(call: Call<SyncApplication>, key: AssistantKey): Promise<Answer> {
  const { request } = call;
  if (parseFlag(request, 'dryRun')) {
    throw validationFailed([{ field: 'dryRun', detail: 'is for PUT; GET the same path to see what a DELETE removes' }]);
  }
  const outcome = await removeAssistant(operationOf(call, key), parsePrecondition(request));
  return { response: { statusCode: 204, headers: {} }, outcome };
}

function operationOf(call: Call<SyncApplication>, key: AssistantKey): Operation {
  const { app, journal, deadline, operationId: id } = call;
  return { ...app.sync, id, key, by: actorOf(call), journal, deadline };
}

/** The actor of a call. Calls of a verification are attributed to its run, whose id begins their operation ids. */
function actorOf({ app, request, operationId }: Call<SyncApplication>): Actor {
  if (!app.isVerification) return request.caller;
  return { kind: 'verification', id: operationId.split(':')[0] ?? '' };
}

export const handler = entry(makeSyncApplication, makeSyncHandler);

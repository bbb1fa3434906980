import { makeStatusApplication, type StatusApplication } from '../application.ts';
import { type AssistantKey, parseAssistantKey, parseOrgId } from '../domain/configuration/assistant-key.ts';
import { describeHistory } from '../domain/history/history.ts';
import { shownConfiguration } from '../domain/history/shown-configuration.ts';
import { type AssistantStatus, describeAssistants } from '../domain/mapping/describe.ts';
import { assertReadable, type OrganisationView } from '../domain/mapping/organisation-view.ts';
import { Problem, validationFailed } from '../domain/problem.ts';
import { organisationResponse } from './answers/organisation-answer.ts';
import { entityTag } from './http/entity-tag.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import type { HttpRequest } from './http/request.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';

const routes: Routes<StatusApplication> = {
  'GET /orgs/{orgId}/assistants': { operation: 'status', answer: list },
  'GET /orgs/{orgId}': { operation: 'organisation', forOperators: true, answer: showOrganisation },
  'GET /orgs/{orgId}/assistants/{role}': { operation: 'status', query: ['include'], answer: show },
  'GET /orgs/{orgId}/assistants/{role}/history': { operation: 'history', answer: showHistory },
  'GET /orgs/{orgId}/assistants/{role}/history/{specHash}': {
    operation: 'history',
    query: ['include'],
    answer: showEntry,
  },
};

export function makeStatusHandler(app: StatusApplication): HttpHandler {
  return makeHttpHandler(app, routes);
}

async function list(call: Call<StatusApplication>): Promise<Answer> {
  const orgId = parseOrgId(call.request.path.orgId);
  const { assistants, view } = await lookUp(call, orgId);
  const unreadable = view.unreadable.map((row) => row.unreadable);
  const body = { orgId, assistants, ...(unreadable.length > 0 ? { unreadable } : {}) };
  return { response: jsonResponse(200, body), outcome: 'listed' };
}

async function show(call: Call<StatusApplication>): Promise<Answer> {
  const key = keyOf(call);
  const isIncluded = includesConfiguration(call.request);
  const { assistants, view } = await lookUp(call, key.orgId);
  assertReadable(view, key);
  const found = assistants.find(({ role }) => role === key.role);
  if (found) {
    const { specs } = call.app.sync;
    const included = isIncluded ? { configuration: await shownConfiguration(specs, key, found.specHash) } : {};
    return { response: jsonResponse(200, { ...found, ...included }, tagOf(found)), outcome: 'found' };
  }
  throw new Problem(
    'NOT_FOUND',
    `No ${key.role} assistant is mapped for this organisation. PUT the same path to make one.`,
  );
}

async function showHistory(call: Call<StatusApplication>): Promise<Answer> {
  return { response: jsonResponse(200, await describeHistory(call.app.sync, keyOf(call))), outcome: 'history' };
}

/** One entry of the history. Apart from what is hidden, its configuration can be PUT again. */
async function showEntry(call: Call<StatusApplication>): Promise<Answer> {
  const key = keyOf(call);
  const { sync } = call.app;
  const isIncluded = includesConfiguration(call.request);
  const { entries } = await describeHistory(sync, key);
  const entry = entries.find(({ specHash }) => specHash === call.request.path.specHash);
  if (!entry)
    throw new Problem('NOT_FOUND', 'No such configuration was applied, or it is no longer kept. GET …/history.');
  const included = isIncluded ? { configuration: await shownConfiguration(sync.specs, key, entry.specHash) } : {};
  return { response: jsonResponse(200, { ...key, ...entry, ...included }), outcome: 'history' };
}

async function showOrganisation({ app, request }: Call<StatusApplication>): Promise<Answer> {
  const orgId = parseOrgId(request.path.orgId);
  const stored = await app.organisations.read(orgId);
  if (!stored) {
    throw new Problem(
      'UNKNOWN_ORGANISATION',
      'There is no record of this organisation. PUT the same path to make one.',
    );
  }
  return { response: organisationResponse(200, orgId, stored), outcome: 'found' };
}

/** Reads `include`: `configuration`, or nothing. Throws `VALIDATION_FAILED`. */
function includesConfiguration({ query: { include } }: HttpRequest): boolean {
  if (include === undefined || include === 'configuration') return include !== undefined;
  throw validationFailed([{ field: 'include', detail: 'use configuration, or leave it out' }]);
}

function keyOf({ request: { path } }: Call<StatusApplication>): AssistantKey {
  return parseAssistantKey(path.orgId, path.role);
}

interface LookedUp {
  assistants: AssistantStatus[];
  view: OrganisationView;
}

/** Reads an organisation, and records how long a create has been unresolved, which is a metric. */
async function lookUp({ app, journal }: Call<StatusApplication>, orgId: string): Promise<LookedUp> {
  const view = await app.sync.mappings.read(orgId);
  const assistants = describeAssistants(view, app.runtime.now());
  for (const { state, claim } of assistants) {
    if (state === 'unresolved' && claim) {
      journal.record({ code: 'UNRESOLVED_CREATE_SEEN', ageSeconds: claim.ageSeconds });
    }
  }
  return { assistants, view };
}

/** The tag of an assistant; none while a change is under way, which ends with other content and the same revision. */
function tagOf({ state, revision }: AssistantStatus): Record<string, string> {
  return state === 'changing' ? {} : entityTag(revision);
}

export const handler = entry(makeStatusApplication, makeStatusHandler);

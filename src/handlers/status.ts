import { makeStatusApplication, type StatusApplication } from '../application.ts';
import { type AssistantKey, parseAssistantKey, parseOrgId } from '../domain/configuration/assistant-key.ts';
import { describeHistory } from '../domain/history/history.ts';
import { type AssistantStatus, describeAssistants } from '../domain/mapping/describe.ts';
import { Problem } from '../domain/problem.ts';
import { entityTag } from './http/entity-tag.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { jsonResponse } from './http/response.ts';
import { lazily } from './lambda/lazily.ts';

const routes: Routes<StatusApplication> = {
  'GET /orgs/{orgId}/assistants': { operation: 'status', answer: list },
  'GET /orgs/{orgId}/assistants/{role}': { operation: 'status', answer: show },
  'GET /orgs/{orgId}/assistants/{role}/history': { operation: 'history', answer: showHistory },
};

export function makeStatusHandler(app: StatusApplication): HttpHandler {
  return makeHttpHandler(app, routes);
}

async function list(call: Call<StatusApplication>): Promise<Answer> {
  const orgId = parseOrgId(call.request.path.orgId);
  return { response: jsonResponse(200, { orgId, assistants: await lookUp(call, orgId) }), outcome: 'listed' };
}

async function show(call: Call<StatusApplication>): Promise<Answer> {
  const key = keyOf(call);
  const found = (await lookUp(call, key.orgId)).find(({ role }) => role === key.role);
  if (found) return { response: jsonResponse(200, found, tagOf(found)), outcome: 'found' };
  throw new Problem(
    'NOT_FOUND',
    `No ${key.role} assistant is mapped for this organisation. PUT the same path to make one.`,
  );
}

async function showHistory(call: Call<StatusApplication>): Promise<Answer> {
  return { response: jsonResponse(200, await describeHistory(call.app.sync, keyOf(call))), outcome: 'history' };
}

function keyOf({ request: { path } }: Call<StatusApplication>): AssistantKey {
  return parseAssistantKey(path.orgId, path.role);
}

/** Whoever looks also measures: the age of an unresolved creation is a metric. */
async function lookUp({ app, journal }: Call<StatusApplication>, orgId: string): Promise<AssistantStatus[]> {
  const assistants = await describeAssistants({ mappings: app.sync.mappings, now: app.sync.runtime.now }, orgId);
  for (const { state, claim } of assistants) {
    if (state === 'unresolved' && claim) {
      journal.record({ code: 'UNRESOLVED_CREATE_SEEN', ageSeconds: claim.ageSeconds });
    }
  }
  return assistants;
}

/** None while a change is under way: that ends with another content and the same revision. */
function tagOf({ state, revision }: AssistantStatus): Record<string, string> {
  return state === 'changing' ? {} : entityTag(revision);
}

export const handler = lazily(makeStatusApplication, makeStatusHandler);

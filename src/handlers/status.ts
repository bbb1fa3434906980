import { makeStatusApplication, type StatusApplication } from '../application.ts';
import { parseAssistantKey, parseOrgId } from '../domain/configuration/assistant-key.ts';
import { describeHistory } from '../domain/history/history.ts';
import { type AssistantStatus, describeAssistants } from '../domain/mapping/describe.ts';
import { Problem } from '../domain/problem.ts';
import { entityTag } from './http/entity-tag.ts';
import { type Call, type HttpHandler, makeHttpHandler } from './http/handler.ts';
import type { HttpRequest } from './http/request.ts';
import { jsonResponse } from './http/response.ts';
import { lazily } from './lambda/lazily.ts';

/** `GET /orgs/{orgId}/assistants`, `GET /orgs/{orgId}/assistants/{role}` and `GET …/{role}/history`. */
export function makeStatusHandler(app: StatusApplication): HttpHandler {
  return makeHttpHandler(app, {
    operation: (request) => (isHistory(request) ? 'history' : 'status'),
    answer: async (call) => {
      const { path } = call.request;
      if (path.role === undefined) {
        const orgId = parseOrgId(path.orgId);
        return { response: jsonResponse(200, { orgId, assistants: await lookUp(call, orgId) }), outcome: 'listed' };
      }
      const key = parseAssistantKey(path.orgId, path.role);
      if (isHistory(call.request)) {
        return { response: jsonResponse(200, await describeHistory(app.sync, key)), outcome: 'history' };
      }
      const found = (await lookUp(call, key.orgId)).find(({ role }) => role === key.role);
      if (found) return { response: jsonResponse(200, found, tagOf(found)), outcome: 'found' };
      throw new Problem(
        'NOT_FOUND',
        `No ${key.role} assistant is mapped for this organisation. PUT the same path to make one.`,
      );
    },
  });
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

function isHistory({ route }: HttpRequest): boolean {
  return route.endsWith('/history');
}

/** None while a change is under way: that ends with another content and the same revision. */
function tagOf({ state, revision }: AssistantStatus): Record<string, string> {
  return state === 'changing' ? {} : entityTag(revision);
}

export const handler = lazily(makeStatusApplication, makeStatusHandler);

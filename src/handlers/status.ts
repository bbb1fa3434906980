import type { Application } from '../application.ts';
import { parseAssistantKey, parseOrgId } from '../domain/assistant-key.ts';
import { type AssistantStatus, describeAssistants } from '../domain/describe-assistants.ts';
import { Problem } from '../domain/problem.ts';
import { type Call, type HttpHandler, makeHttpHandler } from './http-handler.ts';
import { jsonResponse } from './http-response.ts';
import { lazily } from './lazily.ts';

/** `GET /orgs/{orgId}/assistants` and `GET /orgs/{orgId}/assistants/{role}`. */
export function makeStatusHandler(app: Application): HttpHandler {
  return makeHttpHandler(app, {
    operation: () => 'status',
    answer: async (call) => {
      const { path } = call.request;
      if (path.role === undefined) {
        const orgId = parseOrgId(path.orgId);
        return { response: jsonResponse(200, { orgId, assistants: await lookUp(call, orgId) }), outcome: 'listed' };
      }
      const key = parseAssistantKey(path.orgId, path.role);
      const found = (await lookUp(call, key.orgId)).find(({ role }) => role === key.role);
      if (found) return { response: jsonResponse(200, found), outcome: 'found' };
      throw new Problem(
        'NOT_FOUND',
        `No ${key.role} assistant is mapped for this organisation. PUT the same path to make one.`,
      );
    },
  });
}

/** Whoever looks also measures: the age of an unresolved creation is a metric. */
async function lookUp({ app, journal }: Call, orgId: string): Promise<AssistantStatus[]> {
  const assistants = await describeAssistants({ mappings: app.sync.mappings, now: app.sync.runtime.now }, orgId);
  for (const { state, claim } of assistants) {
    if (state === 'unresolved' && claim) {
      journal.record({ code: 'UNRESOLVED_CREATE_SEEN', ageSeconds: claim.ageSeconds });
    }
  }
  return assistants;
}

export const handler = lazily(makeStatusHandler);

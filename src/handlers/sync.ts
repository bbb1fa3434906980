import type { Application } from '../application.ts';
import { type AssistantKey, parseAssistantKey } from '../domain/assistant-key.ts';
import { type AssistantRequest, parseAssistantRequest } from '../domain/assistant-request.ts';
import { type DesiredAssistant, desireAssistant } from '../domain/desired-assistant.ts';
import { planAssistant } from '../domain/ensure-assistant.ts';
import { syncAssistant } from '../domain/follow-up.ts';
import type { Operation } from '../domain/operation.ts';
import { validationFailed } from '../domain/problem.ts';
import { removeAssistant } from '../domain/remove-assistant.ts';
import { parseFlag, parseJsonBody } from './http-event.ts';
import { type Answer, type Call, type HttpHandler, type HttpRoute, makeHttpHandler } from './http-handler.ts';
import { jsonResponse } from './http-response.ts';
import { lazily } from './lazily.ts';
import { planResponse, syncResponse } from './sync-response.ts';

/** `PUT` and `DELETE /orgs/{orgId}/assistants/{role}`. */
export function makeSyncHandler(app: Application): HttpHandler {
  return makeHttpHandler(app, syncRoute);
}

/** Both methods of the route; verification goes through it as well. */
export const syncRoute: HttpRoute = {
  operation: ({ method, query }) => {
    if (method === 'DELETE') return 'delete';
    return query.dryRun === 'true' ? 'dry-run' : 'sync';
  },
  answer: async (call) => {
    const key = parseAssistantKey(call.request.path.orgId, call.request.path.role);
    switch (call.request.method) {
      case 'PUT':
        return await put(call, key);
      case 'DELETE':
        return await remove(call, key);
      default:
        throw validationFailed([{ field: 'method', detail: 'use PUT or DELETE' }]);
    }
  },
};

async function put(call: Call, key: AssistantKey): Promise<Answer> {
  const { app, request, journal, deadline, operationId: id } = call;
  const started = app.sync.runtime.now();
  const dryRun = parseFlag(request, 'dryRun');
  const asked = parseAssistantRequest(parseJsonBody(request), app.voicePolicy);
  const desired = desireAssistant(asked, key, app.sync.deployment);
  journal.record({
    code: 'VOICE_NORMALISED',
    reason: asked.voice.reason,
    fallbacks: asked.voice.fallbacks?.length ?? 0,
  });
  const operation = { id, key, journal, deadline };
  const body = dryRun
    ? await plan(call, { operation, asked, desired })
    : await sync(call, { operation, asked, desired });
  const durationMs = app.sync.runtime.now() - started;
  return { ...body, response: jsonResponse(body.statusCode, { ...body.answer, durationMs }) };
}

interface Put {
  operation: Operation;
  asked: AssistantRequest;
  desired: DesiredAssistant;
}

interface PutAnswer {
  statusCode: number;
  outcome: string;
  answer: object;
}

async function sync({ app, operationId }: Call, { operation, asked, desired }: Put): Promise<PutAnswer> {
  const result = await syncAssistant(app.sync, operation, { desired });
  const answer = syncResponse(result, { voice: asked.voice, specHash: desired.specHash, operationId });
  return { statusCode: answer.isNew ? 201 : 200, outcome: result.outcome, answer };
}

async function plan({ app, operationId }: Call, { operation, asked, desired }: Put): Promise<PutAnswer> {
  const decision = await planAssistant(app.sync, operation, { desired });
  const answer = planResponse(decision, {
    key: operation.key,
    voice: asked.voice,
    specHash: desired.specHash,
    operationId,
  });
  return { statusCode: 200, outcome: `plan-${decision.plan.kind}`, answer };
}

async function remove({ app, request, journal, deadline, operationId: id }: Call, key: AssistantKey): Promise<Answer> {
  if (parseFlag(request, 'dryRun')) {
    throw validationFailed([{ field: 'dryRun', detail: 'is for PUT; GET the same path to see what a DELETE removes' }]);
  }
  const outcome = await removeAssistant(app.sync, { id, key, journal, deadline });
  return { response: { statusCode: 204, headers: {} }, outcome };
}

export const handler = lazily(makeSyncHandler);

import * as z from 'zod/mini';
import { type DriftApplication, makeDriftApplication } from '../application.ts';
import type { DriftMode } from '../domain/account/organisation-record.ts';
import { requestedMode } from '../domain/drift/mode.ts';
import { describeRuns, reportRun } from '../domain/drift/run/describe-run.ts';
import { startRun } from '../domain/drift/run/start-run.ts';
import { Problem, validationFailed } from '../domain/problem.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { type HttpRequest, parseJsonBody } from './http/request.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';
import { isScheduledEvent, makeScheduledDriftHandler } from './scheduled-drift.ts';

const routes: Routes<DriftApplication> = {
  'POST /drift': { operation: 'drift-start', forOperators: true, answer: start },
  'GET /drift/runs': { operation: 'drift-report', forOperators: true, answer: list },
  'GET /drift/runs/{id}': { operation: 'drift-report', forOperators: true, query: ['limit', 'after'], answer: report },
};

/** The routes, and the schedule of EventBridge. */
export function makeDriftHandler(app: DriftApplication): HttpHandler {
  const scheduled = makeScheduledDriftHandler(app);
  const http = makeHttpHandler(app, routes);
  return (event, context) => (isScheduledEvent(event) ? scheduled(event, context) : http(event, context));
}

const bodySchema = z.strictObject({ mode: z.optional(z.enum(['report', 'heal'])) });

/** The mode asked for, else that of the deployment; `report` where that is off, as whoever asks wants an answer. */
function modeOf(request: HttpRequest, deployment: DriftMode): 'report' | 'heal' {
  const body = request.body === undefined || request.body.trim() === '' ? {} : parseJsonBody(request);
  const parsed = bodySchema.safeParse(body);
  if (!parsed.success)
    throw validationFailed([{ field: 'mode', detail: 'use "report" or "heal", and no other field' }]);
  return parsed.data.mode ?? (deployment === 'heal' ? 'heal' : 'report');
}

async function start({ app, request, journal }: Call<DriftApplication>): Promise<Answer> {
  const mode = modeOf(request, app.drift.mode);
  const { kind, runId } = await startRun(app.drift, { journal }, { trigger: 'request', mode: requestedMode(mode) });
  const started = kind === 'started';
  const response = jsonResponse(started ? 202 : 200, { runId, started, mode: started ? mode : undefined });
  const headers = { ...response.headers, Location: `/drift/runs/${runId}` };
  return { response: { ...response, headers }, outcome: kind };
}

const RUNS = 20;

async function list({ app }: Call<DriftApplication>): Promise<Answer> {
  return { response: jsonResponse(200, await describeRuns(app.drift.runs, RUNS)), outcome: 'listed' };
}

const MOST_FINDINGS = 500;

/** The longest `after`, in bytes: longer than the id of any finding, and short enough for a DynamoDB key. */
const LONGEST_AFTER = 900;

async function report({ app, request }: Call<DriftApplication>): Promise<Answer> {
  const runId = String(request.path.id);
  const { limit = '100', after } = request.query;
  const count = Number(limit);
  if (!/^\d+$/.test(limit) || count < 1 || count > MOST_FINDINGS) {
    throw validationFailed([{ field: 'limit', detail: `use a number from 1 to ${MOST_FINDINGS}` }]);
  }
  if (Buffer.byteLength(after ?? '') > LONGEST_AFTER) {
    throw validationFailed([{ field: 'after', detail: 'send the `next` of the page before' }]);
  }
  const found = await reportRun(app.drift, { runId: runId.slice(0, 64), limit: count, after });
  if (!found) throw new Problem('NOT_FOUND', 'There is no such drift run. GET /drift/runs lists those that there are.');
  return { response: jsonResponse(200, found), outcome: 'found' };
}

export const handler = entry(makeDriftApplication, makeDriftHandler);

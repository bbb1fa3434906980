import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { makeJournal } from '../../adapters/telemetry/journal.ts';
import { toLoggedError } from '../../adapters/telemetry/source-positions.ts';
import type { HttpApplication } from '../../application.ts';
import type { Journal } from '../../domain/journal.ts';
import { Problem, type ProblemCode } from '../../domain/problem.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { traced } from '../lambda/traced.ts';
import { assertOwnOrganisation } from './organisation-access.ts';
import { type HttpRequest, parseHttpEvent } from './request.ts';
import { type HttpResponse, problemResponse } from './response.ts';

/** One call of a route. */
export interface Call<App extends HttpApplication> {
  app: App;
  request: HttpRequest;
  operationId: string;
  journal: Journal;
  deadline: Deadline;
}

/** Name of the operation, and the outcome for the log and the metrics. */
export interface Answer {
  response: HttpResponse;
  outcome: string;
}

export interface HttpRoute<App extends HttpApplication> {
  operation: (request: HttpRequest) => string;
  answer: (call: Call<App>) => Promise<Answer>;
}

export type HttpHandler = (event: unknown, context: Context) => Promise<HttpResponse>;

/** Wraps a route: operation id, started and completed in the log, problems as answers, metrics and traces. */
export function makeHttpHandler<App extends HttpApplication>(app: App, route: HttpRoute<App>): HttpHandler {
  const { logger, metrics } = app.telemetry;
  return middy<unknown, HttpResponse>()
    .use(traced())
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler((event: unknown, context: Context) => answerEvent({ app, route, event, context }));
}

export interface Invocation<App extends HttpApplication> {
  app: App;
  route: HttpRoute<App>;
  event: unknown;
  context: Pick<Context, 'getRemainingTimeInMillis'>;
}

/** Answers one event by a route: operation id, started and completed in the log, problems as answers. Never throws. */
export async function answerEvent<App extends HttpApplication>({
  app,
  route,
  event,
  context,
}: Invocation<App>): Promise<HttpResponse> {
  const { runtime } = app.sync;
  const started = runtime.now();
  const journal = makeJournal(app.telemetry);
  const elapsed = () => runtime.now() - started;
  let operationId = runtime.uniqueId();
  let operation = 'unknown';
  try {
    const request = parseHttpEvent(event);
    operationId = operationIdOf(request) ?? operationId;
    operation = route.operation(request);
    const { orgId, role } = request.path;
    app.telemetry.logger.appendKeys({ operationId, orgId: orgId?.slice(0, 64), role: role?.slice(0, 16) });
    journal.record({ code: 'OPERATION_STARTED', operation });
    assertOwnOrganisation(request, app.orgClaim);
    const deadline = { remainingMs: () => Math.max(0, context.getRemainingTimeInMillis()) };
    const { response, outcome } = await route.answer({ app, request, operationId, journal, deadline });
    journal.record({ code: 'OPERATION_COMPLETED', operation, outcome, durationMs: elapsed() });
    return withOperationId(response, operationId);
  } catch (error) {
    if (!(error instanceof Problem)) logUnexpected(app, error);
    journal.record({ code: 'OPERATION_REFUSED', operation, ...refusalOf(error), durationMs: elapsed() });
    return withOperationId(problemResponse(error, operationId), operationId);
  }
}

/** The caller's own id, if it can stand in a header and in a log without harm. */
function operationIdOf({ headers }: HttpRequest): string | undefined {
  const given = headers['x-operation-id'];
  return given !== undefined && /^[A-Za-z0-9._:-]{1,128}$/.test(given) ? given : undefined;
}

function withOperationId(response: HttpResponse, operationId: string): HttpResponse {
  return { ...response, headers: { ...response.headers, 'X-Operation-Id': operationId } };
}

/** The detail is logged where it is ours alone: validation and Vapi quote what the caller has sent. */
function refusalOf(error: unknown): { problem: ProblemCode; detail?: string } {
  if (!(error instanceof Problem)) return { problem: 'INTERNAL' };
  const isOurs = error.code !== 'VALIDATION_FAILED' && error.code !== 'VAPI_REJECTED';
  return { problem: error.code, ...(isOurs ? { detail: error.message } : {}) };
}

/** With name, message and stack. Our own errors hold no key and no payload, and those of AWS no item. */
function logUnexpected(app: HttpApplication, thrown: unknown): void {
  app.telemetry.logger.error('💥 Unexpected error', { code: 'UNEXPECTED', error: toLoggedError(thrown) });
}

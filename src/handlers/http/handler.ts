import type { Context } from 'aws-lambda';
import { storageProblem } from '../../adapters/aws-fault.ts';
import { makeJournal } from '../../adapters/telemetry/journal.ts';
import { toLoggedError } from '../../adapters/telemetry/source-positions.ts';
import type { HttpApplication } from '../../application.ts';
import type { Journal } from '../../domain/journal.ts';
import { loggedAs, Problem, type ProblemCode, validationFailed } from '../../domain/problem.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { instrumented } from '../lambda/instrumented.ts';
import { assertNoToken, assertOwnOrganisation } from './organisation-access.ts';
import { assertKnownQuery } from './query.ts';
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

/** The response, and the outcome for the log and the metrics. */
export interface Answer {
  response: HttpResponse;
  outcome: string;
}

/** One route of a function. */
interface Route<App extends HttpApplication> {
  /** Names the operation in the log and the metrics. */
  operation: string | ((request: HttpRequest) => string);
  /** True for a route that is not for callers of one organisation: it takes a signature and no token. */
  forOperators?: boolean;
  /** The query parameters that the route accepts. */
  query?: readonly string[];
  answer: (call: Call<App>) => Promise<Answer>;
}

/**
 * The routes of a function by their route keys, as serverless.yml declares them: `PUT /orgs/{orgId}/assistants/{role}`.
 */
export type Routes<App extends HttpApplication> = Readonly<Record<string, Route<App>>>;

export type HttpHandler = (event: unknown, context: Context) => Promise<HttpResponse>;

/**
 * The handler of a function's routes: adds operation id, log lines at start and end, problems as answers, metrics and
 * traces.
 */
export function makeHttpHandler<App extends HttpApplication>(app: App, routes: Routes<App>): HttpHandler {
  return instrumented(app.telemetry, (event: unknown, context) => answerEvent({ app, routes, event, context }));
}

interface Invocation<App extends HttpApplication> {
  app: App;
  routes: Routes<App>;
  event: unknown;
  context: Pick<Context, 'getRemainingTimeInMillis'>;
}

/**
 * Answers one event by its route, with an operation id and log lines at start and end; problems become answers. Never
 * throws.
 */
export async function answerEvent<App extends HttpApplication>({
  app,
  routes,
  event,
  context,
}: Invocation<App>): Promise<HttpResponse> {
  const { runtime } = app;
  const started = runtime.now();
  const journal = makeJournal(app.telemetry);
  const elapsed = () => runtime.now() - started;
  let operationId = runtime.uniqueId();
  let operation = 'unknown';
  try {
    const request = parseHttpEvent(event);
    operationId = operationIdOf(request) ?? operationId;
    const route = routeOf(routes, request);
    operation = typeof route.operation === 'string' ? route.operation : route.operation(request);
    const { orgId, role } = request.path;
    app.telemetry.logger.appendKeys({ operationId, orgId: orgId?.slice(0, 64), role: role?.slice(0, 16) });
    journal.record({ code: 'OPERATION_STARTED', operation });
    assertAllowed(app, route, request);
    const deadline = { remainingMs: () => Math.max(0, context.getRemainingTimeInMillis()) };
    const { response, outcome } = await route.answer({ app, request, operationId, journal, deadline });
    journal.record({ code: 'OPERATION_COMPLETED', operation, outcome, durationMs: elapsed() });
    return withOperationId(response, operationId);
  } catch (thrown) {
    const error = thrown instanceof Problem ? thrown : (storageProblem(thrown) ?? thrown);
    if (error !== thrown) logStorage(app, thrown);
    else if (!(error instanceof Problem)) logUnexpected(app, error);
    journal.record({ code: 'OPERATION_REFUSED', operation, ...refusalOf(error), durationMs: elapsed() });
    return withOperationId(problemResponse(error, operationId), operationId);
  }
}

/** Throws unless the caller may use the route, and the route accepts every query parameter. */
function assertAllowed<App extends HttpApplication>(app: App, route: Route<App>, request: HttpRequest): void {
  if (route.forOperators) assertNoToken(request);
  else assertOwnOrganisation(request, app.orgClaim);
  assertKnownQuery(request, route.query ?? []);
}

/** API Gateway sends a function only events of its routes; an event that is sent by hand has to name one. */
function routeOf<App extends HttpApplication>(routes: Routes<App>, { route }: HttpRequest): Route<App> {
  const found = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (found) return found;
  throw validationFailed([{ field: 'routeKey', detail: `use one of ${Object.keys(routes).join(', ')}` }]);
}

/**
 * The operation id that the caller gave. Throws `VALIDATION_FAILED` for one that could do harm in a header or in the
 * log.
 */
function operationIdOf({ headers }: HttpRequest): string | undefined {
  const given = headers['x-operation-id'];
  if (given === undefined || /^[A-Za-z0-9._:-]{1,128}$/.test(given)) return given;
  const detail = 'use 1 to 128 letters, digits, dots, underscores, colons or hyphens, or leave the header out';
  throw validationFailed([{ field: 'X-Operation-Id', detail }]);
}

function withOperationId(response: HttpResponse, operationId: string): HttpResponse {
  return { ...response, headers: { ...response.headers, 'X-Operation-Id': operationId } };
}

function refusalOf(error: unknown): { problem: ProblemCode; detail?: string } {
  return error instanceof Problem ? loggedAs(error) : { problem: 'INTERNAL' };
}

function logStorage(app: HttpApplication, thrown: unknown): void {
  app.telemetry.logger.warn('🗄️ The table or the queue failed', {
    code: 'STORAGE_FAILED',
    error: toLoggedError(thrown),
  });
}

/** Logs name, message and stack. Our own errors hold no key and no payload, those of AWS no item. */
function logUnexpected(app: HttpApplication, thrown: unknown): void {
  app.telemetry.logger.error('💥 Unexpected error', { code: 'UNEXPECTED', error: toLoggedError(thrown) });
}

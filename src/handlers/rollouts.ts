import pMap from 'p-map';
import * as z from 'zod/mini';
import { makeJournal } from '../adapters/telemetry/journal.ts';
import { makeRolloutApplication, type RolloutApplication } from '../application.ts';
import { resendLostRun } from '../domain/drift/run/resend-run.ts';
import { pageIn } from '../domain/page-limit.ts';
import type { RolloutCall } from '../domain/rollouts/dependencies.ts';
import type { Rollout } from '../domain/rollouts/rollout.ts';
import { shownRollout } from '../domain/rollouts/show/describe-rollout.ts';
import { listTargets } from '../domain/rollouts/show/list-targets.ts';
import { planRollout } from '../domain/rollouts/start/dry-run.ts';
import { parseRollout } from '../domain/rollouts/start/parse-rollout.ts';
import { startRollout } from '../domain/rollouts/start/start-rollout.ts';
import { actOnRollout, ROLLOUT_ACTIONS, type RolloutAction } from '../domain/rollouts/steer/act-on-rollout.ts';
import { resendLost } from '../domain/rollouts/steer/resend-lost.ts';
import { stopByAlarm } from '../domain/rollouts/steer/stop-by-alarm.ts';
import { findRollout } from '../domain/rollouts/transit.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { parseJsonBody } from './http/request.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';
import { instrumented } from './lambda/instrumented.ts';
import { scheduleSchema } from './lambda/schedule.ts';

type RouteCall = Call<RolloutApplication>;

const actions = Object.fromEntries(
  ROLLOUT_ACTIONS.map((action) => [
    `POST /rollouts/{rolloutId}/${action}`,
    { operation: `rollout-${action}`, forOperators: true, answer: (call: RouteCall) => act(call, action) },
  ]),
);

const routes: Routes<RolloutApplication> = {
  'POST /rollouts': { operation: 'rollout-start', forOperators: true, query: ['limit', 'cursor'], answer: start },
  'GET /rollouts': { operation: 'rollouts', forOperators: true, query: ['limit', 'cursor'], answer: list },
  'GET /rollouts/{rolloutId}': { operation: 'rollout', forOperators: true, answer: show },
  'GET /rollouts/{rolloutId}/targets': {
    operation: 'rollout-targets',
    forOperators: true,
    query: ['state', 'limit', 'cursor'],
    answer: showTargets,
  },
  ...actions,
};

const alarmSchema = z.object({
  source: z.literal('aws.cloudwatch'),
  'detail-type': z.literal('CloudWatch Alarm State Change'),
  detail: z.object({ alarmName: z.string(), state: z.object({ value: z.string() }) }),
});

const eventSchema = z.union([alarmSchema, scheduleSchema]);

/**
 * Rollouts: the routes of operators, the alarms that stop rollouts, and each minute a search for rollouts and drift
 * runs whose task was lost.
 */
export function makeRolloutsHandler(app: RolloutApplication): HttpHandler {
  const http = makeHttpHandler(app, routes);
  const onEvent = instrumented(app.telemetry, async (event: z.infer<typeof eventSchema>, context) => {
    const deadline = { remainingMs: () => context.getRemainingTimeInMillis() };
    const call = { ...app.rollouts, journal: makeJournal(app.telemetry), deadline };
    if (event.source === 'aws.events') {
      const drift = { ...app.drift, journal: call.journal };
      const looks = [resendLost(call, app.stalledMs), resendLostRun(drift, app.stalledMs)];
      // Each search comes to its end, also when the other fails.
      await Promise.allSettled(looks);
      const counts = await Promise.all(looks);
      return jsonResponse(200, { resent: counts.reduce((sum, count) => sum + count, 0) });
    }
    const { alarmName, state } = event.detail;
    return jsonResponse(200, { stopped: state.value === 'ALARM' ? await stopByAlarm(call, alarmName) : [] });
  });
  return async (event, context) => {
    const ofAws = eventSchema.safeParse(event);
    return ofAws.success ? await onEvent(ofAws.data, context) : await http(event, context);
  };
}

function callOf({ app, journal, deadline }: RouteCall): RolloutCall {
  return { ...app.rollouts, journal, deadline };
}

async function start(call: RouteCall): Promise<Answer> {
  const { dryRun, ...asked } = parseRollout(parseJsonBody(call.request));
  const page = pageIn(call.request.query);
  if (dryRun) return { response: jsonResponse(200, await planRollout(callOf(call), asked, page)), outcome: 'planned' };
  const { rolloutId, targets, sizes } = await startRollout(callOf(call), asked, call.request.caller);
  return { response: jsonResponse(202, { rolloutId, targets, waves: sizes }), outcome: 'started' };
}

async function list(call: RouteCall): Promise<Answer> {
  const { items, next } = await call.app.rollouts.rollouts.list(pageIn(call.request.query));
  // A few at a time: the targets of an aborted rollout are counted each time.
  const show = (rollout: Rollout) => shownRollout(call.app.rollouts, rollout);
  const shown = await pMap(items, show, { concurrency: 4 });
  return { response: jsonResponse(200, { items: shown, next: next ?? null }), outcome: 'listed' };
}

async function show(call: RouteCall): Promise<Answer> {
  const rollout = await findRollout(call.app.rollouts, idOf(call));
  return { response: jsonResponse(200, await shownRollout(call.app.rollouts, rollout)), outcome: 'found' };
}

async function showTargets(call: RouteCall): Promise<Answer> {
  const { rolloutId } = await findRollout(call.app.rollouts, idOf(call));
  const page = await listTargets(call.app.rollouts.targets, {
    rolloutId,
    state: call.request.query.state,
    ...pageIn(call.request.query),
  });
  return { response: jsonResponse(200, page), outcome: 'listed' };
}

async function act(call: RouteCall, action: RolloutAction): Promise<Answer> {
  const rollout = await actOnRollout(callOf(call), idOf(call), action);
  return { response: jsonResponse(200, await shownRollout(call.app.rollouts, rollout)), outcome: rollout.state };
}

function idOf({ request: { path } }: RouteCall): string {
  return String(path.rolloutId).slice(0, 64);
}

export const handler = entry(makeRolloutApplication, makeRolloutsHandler);

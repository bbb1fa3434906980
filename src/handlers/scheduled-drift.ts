import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { makeJournal } from '../adapters/telemetry/journal.ts';
import type { DriftApplication } from '../application.ts';
import { scheduledMode } from '../domain/drift/mode.ts';
import { startRun } from '../domain/drift/run/start-run.ts';
import type { HttpHandler } from './http/handler.ts';
import { jsonResponse } from './http/response.ts';
import { scheduleSchema } from './lambda/schedule.ts';

/** True for the event of an EventBridge schedule. */
export function isScheduledEvent(event: unknown): boolean {
  return scheduleSchema.safeParse(event).success;
}

/**
 * Starts a run in the deployment's mode; the worker does the rest. EventBridge delivers at least once: a second event
 * finds the run of the first. Failures are thrown, so that the event comes again.
 */
export function makeScheduledDriftHandler(app: DriftApplication): HttpHandler {
  // The worker measures the run: there are no metrics to publish here.
  const { logger } = app.telemetry;
  return middy<unknown>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .handler(async (_event: unknown, { awsRequestId }: Context) => {
      logger.appendKeys({ operationId: awsRequestId });
      const { mode } = app.drift;
      if (mode === 'off') return jsonResponse(200, { started: false, mode });
      const journal = makeJournal(app.telemetry);
      const started = await startRun(app.drift, { journal }, { trigger: 'schedule', mode: scheduledMode(mode) });
      return jsonResponse(202, { runId: started.runId, started: started.kind === 'started', mode });
    });
}

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import type { Telemetry } from '../../adapters/telemetry/journal.ts';
import { traced } from './traced.ts';

type Handler<Event, Result> = (event: Event, context: Context) => Promise<Result>;

/** Wraps a function with a trace, log lines that name the invocation, and the metrics of the call. */
export function instrumented<Event, Result>(
  { logger, metrics }: Telemetry,
  handle: Handler<Event, Result>,
): Handler<Event, Result> {
  return middy<Event, Result>()
    .use(traced())
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler(handle);
}

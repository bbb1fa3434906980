import { Metrics } from '@aws-lambda-powertools/metrics';
import { RecordedLogger } from '../../adapters/telemetry/recorded-logger.ts';
import type { SyncApplication } from '../../application.ts';
import { isJsonObject, type Json, type JsonObject } from '../../domain/json.ts';
import type { ServiceAnswer, ServiceCall, ServiceUnderTest } from '../../domain/verification/service.ts';
import { answerEvent } from '../http/handler.ts';
import type { HttpResponse } from '../http/response.ts';
import { syncRoutes } from '../sync.ts';

/** A namespace of its own: refusals that a verification provokes must not raise an alarm. */
const NAMESPACE = 'VapiSyncVerification';

/**
 * The routes of `sync`, from event to answer, within this process. Each call has its own logger: unlike calls of one
 * Lambda environment, these run side by side.
 */
export function makeServiceUnderTest(app: SyncApplication): ServiceUnderTest {
  const metrics = new Metrics({ namespace: NAMESPACE });

  async function call(
    method: string,
    { key, operationId, deadline }: ServiceCall,
    body?: Json,
  ): Promise<ServiceAnswer> {
    const logger = new RecordedLogger();
    // At a higher level the steps that the scenarios check would not be written.
    if (logger.level > INFO) logger.setLogLevel('INFO');
    const response = await answerEvent({
      app: { ...app, telemetry: { logger, metrics }, isVerification: true },
      routes: syncRoutes,
      event: eventOf(method, { key, operationId, body }),
      context: { getRemainingTimeInMillis: () => deadline.remainingMs() },
    });
    metrics.publishStoredMetrics();
    return answerOf(response, logger.lines);
  }

  return {
    put: (serviceCall, body) => call('PUT', serviceCall, body),
    remove: (serviceCall) => call('DELETE', serviceCall),
  };
}

/** As Powertools numbers its levels. */
const INFO = 12;

function eventOf(
  method: string,
  { key, operationId, body }: Omit<ServiceCall, 'deadline'> & { body: Json | undefined },
): unknown {
  return {
    version: '2.0',
    routeKey: `${method} /orgs/{orgId}/assistants/{role}`,
    requestContext: { http: { method } },
    headers: { 'content-type': 'application/json', 'x-operation-id': operationId },
    pathParameters: { orgId: key.orgId, role: key.role },
    body: body === undefined ? undefined : JSON.stringify(body),
  };
}

function answerOf({ statusCode, headers, body }: HttpResponse, log: readonly string[]): ServiceAnswer {
  const lowerCase = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return { status: statusCode, headers: Object.fromEntries(lowerCase), body: parseBody(body), log };
}

function parseBody(body: string | undefined): JsonObject {
  if (body === undefined) return {};
  const parsed: unknown = JSON.parse(body);
  return isJsonObject(parsed) ? parsed : {};
}

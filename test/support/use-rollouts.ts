import type { JsonObject } from '../../src/domain/json.ts';
import { configuration } from './configurations.ts';
import type { TestService } from './service.ts';
import { useService } from './use-service.ts';

interface Given {
  service: TestService;
  org: string;
  /** A template that no other test has. */
  templateId: string;
}

/** The service for tests of rollouts, and the calls that they make. */
export function useRollouts(take: (given: Given) => void) {
  let service: TestService;
  let templateId: string;
  useService((given) => {
    ({ service } = given);
    templateId = `t-${given.org}`;
    take({ ...given, templateId });
  });
  const invoke = (method: string, path: string, pathParameters: object, body?: object, query = {}) =>
    service.invoke('rollouts', {
      routeKey: `${method} ${path}`,
      requestContext: { http: { method } },
      pathParameters,
      queryStringParameters: query,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  /** A version of the template; returns its number. */
  const putTemplate = async (firstMessage: string, more: JsonObject = {}) => {
    const body = JSON.stringify({ assistant: configuration({ firstMessage, ...more }) });
    const event = { routeKey: 'PUT /templates/{templateId}', requestContext: { http: { method: 'PUT' } } };
    return (await service.invoke('templates', { ...event, pathParameters: { templateId }, body })).body.version;
  };
  /** To version 2, without a bake. */
  const start = (extra: object = {}) =>
    invoke('POST', '/rollouts', {}, { template: templateId, version: 2, waves: { bakeSeconds: 0 }, ...extra });
  const show = async (rolloutId: string) => (await invoke('GET', '/rollouts/{rolloutId}', { rolloutId })).body;
  return { invoke, putTemplate, start, show };
}

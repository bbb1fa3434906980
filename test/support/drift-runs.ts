import type { Environment } from './service.ts';

/** A run as `GET /drift/runs/{id}` shows it, and a line (class, organisation, role) for each finding, sorted. */
export interface DriftRunReport {
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape is what they assert
  run: any;
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers whose shape is what they assert
  findings: any[];
  lines: string[];
}

/** An API Gateway event of a drift route. */
export function driftEvent(
  method: string,
  { body, id, query }: { body?: unknown; id?: string; query?: Record<string, string> } = {},
): unknown {
  return {
    version: '2.0',
    routeKey: method === 'GET' ? `GET /drift/runs${id ? '/{id}' : ''}` : `${method} /drift`,
    headers: {},
    requestContext: { http: { method } },
    ...(id ? { pathParameters: { id } } : {}),
    ...(query ? { queryStringParameters: query } : {}),
    ...(body ? { body: JSON.stringify(body) } : {}),
  };
}

/** Runs a check to its end, through the queue and the worker. */
export async function runDrift(service: Environment, mode: 'report' | 'heal'): Promise<DriftRunReport> {
  const { body } = await service.invoke('drift', driftEvent('POST', { body: { mode } }));
  await service.drainQueue();
  return await readRun(service, body.runId);
}

/** Reads a run with all of its findings. */
export async function readRun(service: Environment, id: string): Promise<DriftRunReport> {
  const findings: DriftRunReport['findings'] = [];
  let after: string | null = null;
  for (;;) {
    const query = { limit: '500', ...(after ? { after } : {}) };
    const { body }: { body: DriftRunReport['run'] } = await service.invoke('drift', driftEvent('GET', { id, query }));
    findings.push(...body.findings);
    after = body.next;
    if (after === null) return { run: body, findings, lines: findings.map(lineOf).toSorted() };
  }
}

function lineOf({ class: name, orgId, role }: { class: string; orgId?: string; role?: string }): string {
  return [name, orgId, role].filter(Boolean).join(' ');
}

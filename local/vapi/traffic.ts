import { randomUUID } from 'node:crypto';
import type { Answer } from '../stack/http-server.ts';
import { isJsonObject, type JsonObject } from '../stack/json.ts';
import type { Allocation } from './accounts.ts';
import { checkShape, list, number, object, type Shape, text } from './checks.ts';
import { badRequest, notFound, type Scope } from './scope.ts';
import { versionName } from './versions.ts';

const INTENTS = ['explicit', 'follow-latest'];
const MAX_TARGETS = 5;

const BODY: Shape = {
  fields: {
    assistantId: text(),
    targets: list(
      object({
        fields: { assistantVersion: text({ pattern: /^v\d+$/ }), percentage: number({ min: 0, max: 100 }) },
        required: ['assistantVersion', 'percentage'],
      }),
    ),
    expectedCurrentAllocationId: text(),
    allocationIntent: text({ oneOf: INTENTS }),
    description: text({ max: 500 }),
  },
  required: ['assistantId', 'allocationIntent'],
};

interface TrafficCall {
  method: string;
  path: string;
  query: Record<string, string>;
  body: unknown;
}

/** Serves what is below `/traffic-allocations`. */
export function routeTraffic(call: TrafficCall, scope: Scope): Answer | undefined {
  if (!mayDivide(scope)) return forbidden();
  switch (`${call.method} ${call.path}`) {
    case 'POST /traffic-allocations':
      return allocate(scope, call.body);
    case 'GET /traffic-allocations':
      return listAllocations(scope, call.query);
    case 'GET /traffic-allocations/latest':
      return showLatest(scope, call.query);
    default:
      return undefined;
  }
}

function mayDivide({ settings: { traffic }, account }: Scope): boolean {
  return Array.isArray(traffic) ? traffic.includes(account) : traffic;
}

function forbidden(): Answer {
  const message = 'Traffic allocations are not enabled for this organization';
  return { status: 403, body: { message, error: 'Forbidden', statusCode: 403 } };
}

function latestOf({ accounts, account }: Scope, assistantId: string): Allocation | undefined {
  return accounts.allocationsOf(account).findLast((allocation) => allocation.assistantId === assistantId);
}

function allocate(scope: Scope, body: unknown): Answer {
  if (!isJsonObject(body)) return badRequest('Invalid JSON body');
  const errors = checkShape(body, BODY);
  if (errors.length > 0) return badRequest(errors);
  const assistantId = String(body.assistantId);
  const stored = scope.accounts.of(scope.account, 'assistant').get(assistantId);
  if (!stored) return notFound();
  const known = (stored.versions ?? []).map(versionName);
  const targets = targetsOf(body);
  const isExplicit = body.allocationIntent === 'explicit';
  const wrong = isExplicit ? wrongTargets(targets, known) : superfluousTargets(targets);
  if (wrong) return badRequest(wrong);
  const expected = body.expectedCurrentAllocationId;
  if (typeof expected === 'string' && latestOf(scope, assistantId)?.id !== expected) return moved();
  const division = isExplicit
    ? { allocationIntent: 'explicit' as const, targets }
    : { allocationIntent: 'follow-latest' as const, targets: newest(known) };
  const description = typeof body.description === 'string' ? body.description : null;
  const origin = { actorType: 'key' as const, actorId: null, description, createdAt: scope.now };
  const allocation: Allocation = { id: randomUUID(), assistantId, ...division, ...origin };
  add(scope, allocation);
  return { status: 201, body: present(allocation) };
}

function superfluousTargets(targets: Allocation['targets']): string | undefined {
  return targets.length > 0 ? 'targets must be empty' : undefined;
}

function targetsOf({ targets }: JsonObject): Allocation['targets'] {
  return (Array.isArray(targets) ? targets : []).filter(isJsonObject).map(({ assistantVersion, percentage }) => ({
    assistantVersion: String(assistantVersion),
    percentage: Number(percentage),
  }));
}

function newest(known: readonly string[]): Allocation['targets'] {
  const assistantVersion = known.at(-1);
  return assistantVersion === undefined ? [] : [{ assistantVersion, percentage: 100 }];
}

function wrongTargets(targets: Allocation['targets'], known: readonly string[]): string | undefined {
  if (targets.length === 0) return 'targets should not be empty';
  if (targets.length > MAX_TARGETS) return `targets must contain no more than ${MAX_TARGETS} elements`;
  const unknown = targets.find(({ assistantVersion }) => !known.includes(assistantVersion));
  if (unknown) return `targets: there is no version ${unknown.assistantVersion}`;
  const sum = targets.reduce((total, { percentage }) => total + percentage, 0);
  return sum === 100 ? undefined : 'the percentages of targets must add up to 100';
}

function moved(): Answer {
  const message = 'The current allocation is not the expected one';
  return { status: 409, body: { message, error: 'Conflict', code: 'traffic_allocation_conflict', statusCode: 409 } };
}

function add({ accounts, account }: Pick<Scope, 'accounts' | 'account'>, allocation: Allocation): void {
  accounts.allocationsOf(account).push(allocation);
  accounts.changed();
}

/** What a publish does to traffic: a row that follows the newest version is followed by one that does too. */
export function followPublish(scope: Scope, assistantId: string, published: string): void {
  const latest = latestOf(scope, assistantId);
  if (latest?.allocationIntent !== 'follow-latest') return;
  const targets = [{ assistantVersion: published, percentage: 100 }];
  add(scope, { ...latest, id: randomUUID(), targets, actorType: 'system', createdAt: scope.now });
}

function showLatest(scope: Scope, { assistantId, ...rest }: Record<string, string>): Answer {
  const [unknown] = Object.keys(rest);
  if (unknown) return badRequest(`property ${unknown} should not exist`);
  if (!assistantId) return badRequest('assistantId should not be empty');
  const latest = latestOf(scope, assistantId);
  return { status: 200, body: latest ? { allocation: present(latest) } : {} };
}

function listAllocations(
  scope: Scope,
  { assistantId, page = '1', limit = '100', ...rest }: Record<string, string>,
): Answer {
  const [unknown] = Object.keys(rest);
  if (unknown) return badRequest(`property ${unknown} should not exist`);
  const [from, size] = [Number(page), Number(limit)];
  if (!Number.isInteger(from) || from < 1) return badRequest('page must not be less than 1');
  if (!Number.isInteger(size) || size < 1 || size > 1000) return badRequest('limit must not be greater than 1000');
  const all = scope.accounts.allocationsOf(scope.account);
  const found = all.filter((row) => assistantId === undefined || row.assistantId === assistantId).reverse();
  const metadata = { itemsPerPage: size, totalItems: found.length, currentPage: from };
  return { status: 200, body: { results: found.slice((from - 1) * size, from * size).map(present), metadata } };
}

function present({ createdAt, ...allocation }: Allocation): JsonObject {
  return { ...allocation, createdAt: new Date(createdAt).toISOString() };
}

/** The configurations that callers of an assistant hear now, and their shares in percent. */
export function heardNow(
  scope: Scope,
  assistantId: string,
): { fields: JsonObject; version: string; percentage: number }[] {
  const versions = scope.accounts.of(scope.account, 'assistant').get(assistantId)?.versions ?? [];
  const latest = latestOf(scope, assistantId);
  const newestOnly = newest(versions.map(versionName));
  const targets = latest?.allocationIntent === 'explicit' ? latest.targets : newestOnly;
  return targets.flatMap(({ assistantVersion, percentage }) => {
    const version = versions.find((candidate) => versionName(candidate) === assistantVersion);
    return version ? [{ fields: version.fields, version: assistantVersion, percentage }] : [];
  });
}

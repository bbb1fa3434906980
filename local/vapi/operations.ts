import { randomUUID } from 'node:crypto';
import type { Answer } from '../stack/http-server.ts';
import { isJsonObject, type JsonObject } from '../stack/json.ts';
import type { Accounts } from './accounts.ts';
import type { Collection, Stored } from './collection.ts';
import { withDefaults } from './defaults.ts';
import { parseListQuery } from './list-query.ts';
import { complaints, type ResourceName } from './resources.ts';
import type { Settings } from './settings.ts';

/** Where an operation works, and the time it is. */
export type Scope = { accounts: Accounts; settings: Settings; account: string; resource: ResourceName; now: number };

/** Vapi's 400, with one message or the list of them. */
export function badRequest(message: string | string[]): Answer {
  return { status: 400, body: { message, error: 'Bad Request', statusCode: 400 } };
}

/** Vapi's 404, the same for an id that never was and for one of another account. */
export function notFound(): Answer {
  return { status: 404, body: { message: 'Not Found', statusCode: 404 } };
}

/** POST: makes a resource. */
export function create(scope: Scope, body: unknown): Answer {
  if (!isJsonObject(body)) return badRequest('Invalid JSON body');
  const errors = [...complaints(scope.resource, body), ...refusedVoice(scope, body)];
  if (errors.length > 0) return badRequest(errors);
  return { status: 201, body: present(scope, insert(scope, body)) };
}

/** Puts a resource in without any validation; ids and times of one's own are for seeding. */
export function insert(scope: Scope, body: JsonObject, own: { id?: string; createdAt?: number } = {}): Stored {
  const { id = randomUUID(), createdAt = scope.now } = own;
  const stored = { id, orgId: scope.account, createdAt, updatedAt: createdAt, fields: withoutNulls(body) };
  collectionOf(scope).add(stored);
  scope.accounts.changed();
  return stored;
}

/** GET of a list, newest first. A resource younger than the list lag is left out, unless it was seeded as old. */
export function list(scope: Scope, query: Record<string, string>): Answer {
  const { window, errors } = parseListQuery(query);
  if (errors.length > 0) return badRequest(errors);
  const { listLagMs } = scope.settings;
  const isVisible = (stored: Stored) => listLagMs === 0 || stored.createdAt <= scope.now - listLagMs;
  const found = collectionOf(scope).list(window, isVisible);
  return { status: 200, body: found.map((stored) => present(scope, stored)) };
}

/** GET by id. */
export function read(scope: Scope, id: string): Answer {
  const stored = collectionOf(scope).get(id);
  return stored ? { status: 200, body: present(scope, stored) } : notFound();
}

/** PATCH, shallow: what is absent stays, what is sent replaces the whole field, null removes it. */
export function update(scope: Scope, id: string, body: unknown): Answer {
  if (!isJsonObject(body)) return badRequest('Invalid JSON body');
  const stored = collectionOf(scope).get(id);
  if (!stored) return notFound();
  const errors = [...complaints(scope.resource, body, stored.fields), ...refusedVoice(scope, body)];
  if (errors.length > 0) return badRequest(errors);
  stored.fields = withoutNulls({ ...stored.fields, ...body });
  stored.updatedAt = Math.max(scope.now, stored.updatedAt);
  scope.accounts.changed();
  return { status: 200, body: present(scope, stored) };
}

/** DELETE, which answers with what was deleted. */
export function remove(scope: Scope, id: string): Answer {
  const stored = collectionOf(scope).get(id);
  if (!stored) return notFound();
  if (scope.settings.pinned.includes(id)) return pinned(scope.resource);
  collectionOf(scope).remove(id);
  scope.accounts.changed();
  return { status: 200, body: present(scope, stored) };
}

/** A resource as replies show it. */
export function present(scope: Pick<Scope, 'settings' | 'resource'>, stored: Stored): JsonObject {
  return {
    ...withDefaults(stored.fields, scope.settings.defaults[scope.resource]),
    id: stored.id,
    orgId: stored.orgId,
    createdAt: new Date(stored.createdAt).toISOString(),
    updatedAt: new Date(stored.updatedAt).toISOString(),
  };
}

function pinned(resource: ResourceName): Answer {
  const error = `${resource.replace('-', '_')}_pinned`;
  return { status: 409, body: { message: `The ${resource} is pinned and cannot be deleted`, error, statusCode: 409 } };
}

function refusedVoice({ resource, settings }: Scope, { voice }: JsonObject): string[] {
  if (resource !== 'assistant' || !isJsonObject(voice)) return [];
  if (!settings.refusedVoices.includes(`${voice.provider}/${voice.voiceId}`)) return [];
  return [`voice.voiceId ${voice.voiceId} is no longer available, the voice was retired`];
}

function collectionOf({ accounts, account, resource }: Scope): Collection {
  return accounts.of(account, resource);
}

function withoutNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

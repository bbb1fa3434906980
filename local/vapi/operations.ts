import { randomUUID } from 'node:crypto';
import type { Answer } from '../stack/http-server.ts';
import { isJsonObject, type JsonObject } from '../stack/json.ts';
import type { Collection, Stored } from './collection.ts';
import { withDefaults } from './defaults.ts';
import { parseListQuery } from './list-query.ts';
import { complaints, type ResourceName } from './resources.ts';
import { badRequest, notFound, type Scope } from './scope.ts';
import { followPublish } from './traffic.ts';
import { publish, versionName } from './versions.ts';

/** POST: makes a resource. */
export function create(scope: Scope, sent: unknown): Answer {
  if (!isJsonObject(sent)) return badRequest('Invalid JSON body');
  const body = withoutTold(sent);
  const errors = [...complaints(scope.resource, body), ...refusedVoice(scope, body)];
  if (errors.length > 0) return badRequest(errors);
  return { status: 201, body: present(scope, insert(scope, body)) };
}

/** Adds a resource without validation, with given ids and times: for seeding. */
export function insert(scope: Scope, body: JsonObject, own: { id?: string; createdAt?: number } = {}): Stored {
  const { id = randomUUID(), createdAt = scope.now } = own;
  const stored: Stored = { id, orgId: scope.account, createdAt, updatedAt: createdAt, fields: withoutNulls(body) };
  if (scope.resource === 'assistant') publish(stored, createdAt);
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
export function update(scope: Scope, id: string, sent: unknown): Answer {
  if (!isJsonObject(sent)) return badRequest('Invalid JSON body');
  const body = withoutTold(sent);
  const stored = collectionOf(scope).get(id);
  if (!stored) return notFound();
  const errors = [...complaints(scope.resource, body, stored.fields), ...refusedVoice(scope, body)];
  if (errors.length > 0) return badRequest(errors);
  stored.fields = withoutNulls({ ...stored.fields, ...body });
  stored.updatedAt = Math.max(scope.now, stored.updatedAt);
  if (scope.resource === 'assistant') {
    publish(stored, scope.now);
    followPublish(scope, id, versionName({ number: stored.versions?.length ?? 1 }));
  }
  scope.accounts.changed();
  return { status: 200, body: present(scope, stored) };
}

/** DELETE, which answers with what was deleted. */
export function remove(scope: Scope, id: string): Answer {
  const stored = collectionOf(scope).get(id);
  if (!stored) return notFound();
  if (scope.settings.pinned.includes(id) || isReferred(scope, id)) return pinned(scope.resource);
  collectionOf(scope).remove(id);
  scope.accounts.changed();
  return { status: 200, body: present(scope, stored) };
}

/** A resource as replies show it. */
export function present(scope: Pick<Scope, 'settings' | 'resource'>, stored: Stored): JsonObject {
  return {
    ...withDefaults(stored.fields, scope.settings.defaults[scope.resource]),
    ...deprecationsOf(scope, stored),
    id: stored.id,
    orgId: stored.orgId,
    createdAt: new Date(stored.createdAt).toISOString(),
    updatedAt: new Date(stored.updatedAt).toISOString(),
  };
}

function pinned(resource: ResourceName): Answer {
  const code = `${resource.replace('-', '_')}_pinned`;
  const message = `The ${resource} is pinned and cannot be deleted`;
  return { status: 409, body: { message, error: 'Conflict', code, statusCode: 409 } };
}

/** True for a tool of which an assistant pins a version. */
function isReferred({ accounts, account, resource }: Scope, id: string): boolean {
  if (resource !== 'tool') return false;
  return accounts
    .of(account, 'assistant')
    .all()
    .some(({ fields: { model } }) => {
      const refs = isJsonObject(model) && Array.isArray(model.toolRefs) ? model.toolRefs : [];
      return refs.some((ref) => isJsonObject(ref) && ref.toolId === id);
    });
}

function deprecationsOf({ settings, resource }: Pick<Scope, 'settings' | 'resource'>, { fields: { model } }: Stored) {
  if (resource !== 'assistant' || !isJsonObject(model)) return {};
  const found = settings.modelDeprecations.filter(
    (one) => one.provider === model.provider && one.model === model.model,
  );
  return found.length > 0 ? { modelDeprecations: found.map((one) => ({ slot: 'model', ...one })) } : {};
}

function refusedVoice({ resource, settings }: Scope, { voice }: JsonObject): string[] {
  if (resource !== 'assistant' || !isJsonObject(voice)) return [];
  if (!settings.refusedVoices.includes(`${voice.provider}/${voice.voiceId}`)) return [];
  return [`voice.voiceId ${voice.voiceId} is no longer available, the voice was retired`];
}

function collectionOf({ accounts, account, resource }: Scope): Collection {
  return accounts.of(account, resource);
}

/** Vapi's announcements about models are ignored when they are sent back. */
function withoutTold({ modelDeprecations: _told, ...body }: JsonObject): JsonObject {
  return body;
}

function withoutNulls(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

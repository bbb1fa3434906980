import type { Answer } from '../stack/http-server.ts';
import { isJsonObject, type JsonObject } from '../stack/json.ts';
import { checkShape, type Shape, text } from './checks.ts';
import type { Stored, Version } from './collection.ts';
import { badRequest, notFound, type Scope } from './scope.ts';

/** Notes what a write has published. A write by API publishes at once, and has no author. */
export function publish(stored: Stored, now: number): void {
  const versions = stored.versions ?? [];
  const number = (versions.at(-1)?.number ?? 0) + 1;
  stored.versions = [...versions, { number, createdAt: now, fields: stored.fields }];
}

/** The name of a version, as requests and replies have it. */
export function versionName({ number }: Pick<Version, 'number'>): string {
  return `v${number}`;
}

/** GET of the versions of an assistant, newest first. */
export function listVersions({ accounts, account }: Scope, id: string): Answer {
  const stored = accounts.of(account, 'assistant').get(id);
  return stored ? { status: 200, body: (stored.versions ?? []).map(present).reverse() } : notFound();
}

const CHANGE: Shape = { fields: { versionName: text({ max: 80 }), versionDescription: text({ max: 500 }) } };

/** PATCH of one version: its name and its description. */
export function describeVersion(
  { accounts, account }: Scope,
  { id, name }: { id: string; name: string },
  body: unknown,
): Answer {
  const stored = accounts.of(account, 'assistant').get(id);
  const version = stored?.versions?.find((candidate) => versionName(candidate) === name);
  if (!version) return notFound();
  if (!isJsonObject(body)) return badRequest('Invalid JSON body');
  const errors = checkShape(body, CHANGE);
  if (errors.length > 0) return badRequest(errors);
  Object.assign(version, body);
  accounts.changed();
  return { status: 200, body: present(version) };
}

function present({ fields: _fields, number, createdAt, ...described }: Version): JsonObject {
  return {
    version: versionName({ number }),
    parentVersion: number > 1 ? versionName({ number: number - 1 }) : null,
    createdBy: null,
    restoredFromVersion: null,
    createdAt: new Date(createdAt).toISOString(),
    ...described,
  };
}

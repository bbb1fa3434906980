import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import pMap from 'p-map';
import { stringify } from 'yaml';
import { orThrow, type ServiceClient } from '../../client/index.ts';
import { isReserved } from '../../src/domain/configuration/assistant-key.ts';
import { HIDDEN } from '../../src/domain/configuration/masking.ts';
import type { Configuration } from '../arguments.ts';
import { pagesOf } from '../pages.ts';
import { AT_ONCE } from './at-once.ts';
import { assertNoFile } from './read.ts';
import { literal } from './source.ts';
import { writeWhole } from './write-whole.ts';

/** What an export wrote. */
interface Exported {
  files: readonly string[];
  assistants: number;
  /** Environment variables that stand for secrets. */
  secrets: readonly string[];
  /**
   * Those that stand for several secrets, because the names that they are made of differ only in signs: which is which
   * must be set by hand.
   */
  ambiguous: readonly string[];
  /** Assistants to which no configuration was applied yet. */
  skipped: readonly string[];
  /** Assistants without a model, which `PUT` takes only with `allowEmpty`: no directory says that. */
  modelless: readonly string[];
  /** Assistants that are bound to a template. */
  bound: readonly string[];
  /** Organisations that were named, and have no assistant. */
  empty: readonly string[];
  /** Files that were there before, and ask for something that is not there, or that is in another file now. */
  left: readonly string[];
}

/** The files of a directory that an export may write over. */
export function filesThere(path: string): string[] {
  return ['orgs', 'templates'].flatMap((name) => {
    const folder = join(path, name);
    const names = existsSync(folder) ? readdirSync(folder).filter((file) => !file.startsWith('.')) : [];
    return names.map((file) => join(folder, file));
  });
}

/** Environment variables, and the places that each stands in. */
type Secrets = Map<string, Set<string>>;

const SCHEMA = '# yaml-language-server: $schema=../schemas/organisation.json\n';

/** Writes `orgs/<orgId>.yaml` for all organisations of the platform's account, and for those that are named. */
export async function exportDirectory(
  client: ServiceClient,
  path: string,
  named: readonly string[],
): Promise<Exported> {
  assertNoFile(path);
  const before = filesThere(path);
  const folder = join(path, 'orgs');
  mkdirSync(folder, { recursive: true });
  const orgIds = new Set(named);
  const page = async (cursor: string | undefined) =>
    orThrow(await client.GET('/assistants', { params: { query: { limit: 200, cursor } } }));
  for await (const { items } of pagesOf(page)) {
    for (const { orgId } of items) if (!isReserved(orgId)) orgIds.add(orgId);
  }
  const secrets: Secrets = new Map();
  const templates = await exportTemplates(client, path, secrets);
  const skipped: string[] = [];
  const bound: string[] = [];
  const modelless: string[] = [];
  const written = await pMap(
    [...orgIds].toSorted(),
    async (orgId) => {
      const assistants = await configurationsOf(client, orgId, { secrets, skipped, bound, modelless });
      const variables = orThrow(await client.GET('/orgs/{orgId}/variables', { params: { path: { orgId } } }));
      const file = join(folder, `${orgId}.yaml`);
      const values = withNames(variables, orgId, secrets);
      const content = { ...(Object.keys(variables).length > 0 && { variables: values }), assistants };
      writeWhole(file, SCHEMA + stringify(content, { lineWidth: 0 }));
      return { orgId, file, count: Object.keys(assistants).length };
    },
    { concurrency: AT_ONCE },
  );
  const assistants = written.reduce((sum, { count }) => sum + count, 0);
  const names = [...secrets.keys()].toSorted();
  const ambiguous = names.filter((name) => (secrets.get(name)?.size ?? 0) > 1);
  const isSkipped = (orgId: string) => skipped.some((name) => name.startsWith(`${orgId}/`));
  const empty = written.flatMap(({ orgId, count }) =>
    count === 0 && named.includes(orgId) && !isSkipped(orgId) ? [orgId] : [],
  );
  const files = written.map(({ file }) => file);
  const left = before.filter((file) => !files.includes(file) && !templates.includes(file));
  return { files, assistants, secrets: names, ambiguous, skipped, modelless, bound, empty, left };
}

/** Returns the files that were written. */
async function exportTemplates(client: ServiceClient, path: string, secrets: Secrets): Promise<string[]> {
  const files: string[] = [];
  const page = async (cursor: string | undefined) =>
    orThrow(await client.GET('/templates', { params: { query: { limit: 200, cursor } } }));
  for await (const { items } of pagesOf(page)) {
    for (const { templateId } of items) {
      const found = orThrow(await client.GET('/templates/{templateId}', { params: { path: { templateId } } }));
      const { templateId: _id, version: _version, hash: _hash, ...content } = found;
      const folder = join(path, 'templates');
      mkdirSync(folder, { recursive: true });
      const file = join(folder, `${templateId}.yaml`);
      files.push(file);
      writeWhole(
        file,
        SCHEMA.replace('organisation', 'template') +
          stringify(withNames(content, templateId, secrets), { lineWidth: 0 }),
      );
    }
  }
  return files;
}

async function configurationsOf(
  client: ServiceClient,
  orgId: string,
  { secrets, skipped, bound, modelless }: Record<'skipped' | 'bound' | 'modelless', string[]> & { secrets: Secrets },
): Promise<Record<string, unknown>> {
  const { assistants } = orThrow(await client.GET('/orgs/{orgId}/assistants', { params: { path: { orgId } } }));
  const found: Record<string, unknown> = {};
  for (const { role, template } of assistants) {
    const params = { path: { orgId, role }, query: { include: 'configuration' as const } };
    const { configuration } = orThrow(await client.GET('/orgs/{orgId}/assistants/{role}', { params }));
    if (configuration) found[role] = withNames(withoutEmpty(configuration), `${orgId}_${role}`, secrets);
    else skipped.push(`${orgId}/${role}`);
    if (configuration && !('model' in configuration)) modelless.push(`${orgId}/${role}`);
    if (template) bound.push(`${orgId}/${role}`);
  }
  return found;
}

/** Empty metadata: only the service's own was in it. */
function withoutEmpty({ metadata, ...configuration }: Configuration): object {
  const isEmpty = metadata === undefined || metadata === null || Object.keys(metadata).length === 0;
  return isEmpty ? configuration : { ...configuration, metadata };
}

/**
 * The same with an environment variable for each hidden secret: `${env:GLOBEX_INBOUND_SERVER_SECRET}`. No name begins
 * with a digit.
 */
function withNames(value: unknown, name: string, secrets: Secrets): unknown {
  if (typeof value === 'string' && !value.includes(HIDDEN)) return literal(value);
  if (typeof value === 'string') {
    const variable = name
      .toUpperCase()
      .replaceAll(/[^A-Z0-9]+/g, '_')
      .replace(/^(?=\d)/, '_');
    secrets.set(variable, (secrets.get(variable) ?? new Set()).add(name));
    return literal(value).replaceAll(HIDDEN, `\${env:${variable}}`);
  }
  if (Array.isArray(value)) return value.map((entry, at) => withNames(entry, `${name}_${at}`, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [literal(field), withNames(inner, `${name}_${field}`, secrets)]),
  );
}

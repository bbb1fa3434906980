import pMap from 'p-map';
import { orThrow, ProblemError, type ServiceClient } from '../../client/index.ts';
import { AT_ONCE } from './at-once.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';
import type { Directory, WantedTemplate, WantedVariables } from './read.ts';

/** A template, or the values of an organisation, that differ from the directory. */
export type Foundation =
  | {
      kind: 'template';
      name: string;
      action: 'create' | 'update';
      file: string;
      etag: string | undefined;
      wanted: WantedTemplate;
    }
  | { kind: 'variables'; name: string; action: 'update'; file: string; wanted: WantedVariables };

/** The version that the template will have after the step; undefined for values. */
export function nextVersion(step: Foundation): number | undefined {
  return step.kind === 'template' ? Number(step.etag?.replaceAll('"', '') ?? 0) + 1 : undefined;
}

/** The step for one of them; none when it needs no change. A refusal of the service is a step that fails. */
interface Planned {
  step?: Foundation;
  mistakes?: readonly Mistake[];
}

/**
 * The templates and values that have to change before the assistants. Refusals of the service are added to `mistakes`.
 */
export async function planFoundations(
  client: ServiceClient,
  directory: Directory,
  mistakes: Mistake[],
): Promise<Foundation[]> {
  const atOnce = { concurrency: AT_ONCE };
  const templates = await pMap(directory.templates, (wanted) => planTemplate(client, wanted), atOnce);
  const variables = await pMap(directory.variables, (wanted) => planVariables(client, wanted), atOnce);
  const planned = [...templates, ...variables];
  for (const found of planned) mistakes.push(...(found.mistakes ?? []));
  return planned.flatMap(({ step }) => step ?? []);
}

async function planTemplate(client: ServiceClient, wanted: WantedTemplate): Promise<Planned> {
  const { templateId, content, source } = wanted;
  const params = { path: { templateId }, query: { dryRun: true } };
  const { data, error, response } = await client.PUT('/templates/{templateId}', { params, body: content });
  const step = { kind: 'template', name: templateId, file: source.file, wanted } as const;
  if (response.status === 400) {
    const mistakes = mistakesIn(new ProblemError(error, response), { source, root: [] });
    return { step: { ...step, action: 'update', etag: undefined }, mistakes };
  }
  const { outcome, version } = orThrow({ data, error, response });
  if (outcome === 'unchanged') return {};
  if (outcome === 'created') return { step: { ...step, action: 'create', etag: undefined } };
  return { step: { ...step, action: 'update', etag: `"${version - 1}"` } };
}

/** Secrets among the values are not shown: the tags of the answers tell whether they are the same. */
async function planVariables(client: ServiceClient, wanted: WantedVariables): Promise<Planned> {
  const { orgId, values, source } = wanted;
  const path = { orgId };
  const there = await client.GET('/orgs/{orgId}/variables', { params: { path } });
  orThrow(there);
  const params = { path, query: { dryRun: true } };
  const { data, error, response } = await client.PUT('/orgs/{orgId}/variables', { params, body: { ...values } });
  const step = { kind: 'variables', name: orgId, action: 'update', file: source.file, wanted } as const;
  if (response.status === 400) {
    return { step, mistakes: mistakesIn(new ProblemError(error, response), { source, root: ['variables'] }) };
  }
  orThrow({ data, error, response });
  const tag = response.headers.get('etag');
  return tag !== null && tag === there.response.headers.get('etag') ? {} : { step };
}

/**
 * Performs the step, if the template is still the version that the plan saw. Returns its outcome. Throws a
 * `ProblemError`.
 */
export async function makeFoundation(client: ServiceClient, step: Foundation): Promise<string> {
  if (step.kind === 'variables') {
    const { orgId, values } = step.wanted;
    orThrow(await client.PUT('/orgs/{orgId}/variables', { params: { path: { orgId } }, body: { ...values } }));
    return 'updated';
  }
  const { templateId, content } = step.wanted;
  const header = step.etag ? { 'If-Match': step.etag } : { 'If-None-Match': '*' as const };
  const params = { path: { templateId }, header };
  return orThrow(await client.PUT('/templates/{templateId}', { params, body: content })).outcome;
}

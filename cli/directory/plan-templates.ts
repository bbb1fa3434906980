import { isDeepStrictEqual } from 'node:util';
import pMap from 'p-map';
import { orThrow, ProblemError, type ServiceClient } from '../../client/index.ts';
import { AT_ONCE } from './at-once.ts';
import { type Mistake, mistakesIn } from './mistakes.ts';
import type { Directory, WantedTemplate, WantedVariables } from './read.ts';

/** A template, or the values of an organisation, that are not as a directory has them. */
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

/** The version that a template has when the step is made; undefined for values. */
export function nextVersion(step: Foundation): number | undefined {
  return step.kind === 'template' ? Number(step.etag?.replaceAll('"', '') ?? 0) + 1 : undefined;
}

/** What assistants stand on, and that is to be changed before them. What the service refuses of it is added to `mistakes`. */
export async function planFoundations(
  client: ServiceClient,
  directory: Directory,
  mistakes: Mistake[],
): Promise<Foundation[]> {
  const atOnce = { concurrency: AT_ONCE };
  const templates = await pMap(directory.templates, (wanted) => planTemplate(client, wanted), atOnce);
  const variables = await pMap(directory.variables, (wanted) => planVariables(client, wanted), atOnce);
  const changing = [...templates, ...variables].filter((step) => step !== undefined);
  for (const found of await pMap(changing, (step) => refusalsOf(client, step), atOnce)) mistakes.push(...found);
  return changing;
}

async function refusalsOf(client: ServiceClient, { kind, wanted }: Foundation): Promise<Mistake[]> {
  const query = { dryRun: true };
  const { data, error, response } =
    kind === 'template'
      ? await client.PUT('/templates/{templateId}', {
          params: { path: { templateId: wanted.templateId }, query },
          body: wanted.content,
        })
      : await client.PUT('/orgs/{orgId}/variables', {
          params: { path: { orgId: wanted.orgId }, query },
          body: { ...wanted.values },
        });
  const root = kind === 'template' ? [] : ['variables'];
  if (response.status === 400) return mistakesIn(new ProblemError(error, response), { source: wanted.source, root });
  orThrow<unknown>({ data, error, response });
  return [];
}

async function planTemplate(client: ServiceClient, wanted: WantedTemplate): Promise<Foundation | undefined> {
  const { templateId, content, source } = wanted;
  const reply = await client.GET('/templates/{templateId}', { params: { path: { templateId } } });
  const step = { kind: 'template', name: templateId, file: source.file, wanted } as const;
  if (reply.response.status === 404) return { ...step, action: 'create', etag: undefined };
  const { description, roles, variables, assistant } = orThrow(reply);
  const isSame = isSameJson(
    {
      description: content.description,
      roles: content.roles,
      variables: content.variables ?? {},
      assistant: content.assistant,
    },
    { description, roles, variables, assistant },
  );
  return isSame ? undefined : { ...step, action: 'update', etag: reply.response.headers.get('etag') ?? undefined };
}

async function planVariables(client: ServiceClient, wanted: WantedVariables): Promise<Foundation | undefined> {
  const { orgId, values, source } = wanted;
  const found = orThrow(await client.GET('/orgs/{orgId}/variables', { params: { path: { orgId } } }));
  if (isSameJson(found, values)) return undefined;
  return { kind: 'variables', name: orgId, action: 'update', file: source.file, wanted };
}

function isSameJson(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

/** Makes one so, only on the version that the plan was made from. Returns what came of it. Throws a `ProblemError`. */
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

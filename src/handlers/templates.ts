import { makeTemplatesApplication, type TemplatesApplication } from '../application.ts';
import { assertNotReserved, parseOrgId } from '../domain/configuration/assistant-key.ts';
import { hashOf } from '../domain/configuration/canonical-hash.ts';
import { mask } from '../domain/configuration/masking.ts';
import type { JsonObject } from '../domain/json.ts';
import { pageIn } from '../domain/page-limit.ts';
import { Problem, validationFailed } from '../domain/problem.ts';
import { parseTemplate, VARIABLE_NAME } from '../domain/templates/parse-template.ts';
import { findTemplate, putTemplate, shownContent } from '../domain/templates/put-template.ts';
import { assertNoReferences } from '../domain/templates/references.ts';
import type { Template } from '../domain/templates/template.ts';
import { parseTemplateId } from '../domain/templates/template-id.ts';
import { parseVariables } from '../domain/templates/values.ts';
import { entityTag, parseContentTag, parsePrecondition } from './http/entity-tag.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { parseFlag } from './http/query.ts';
import { parseJsonBody } from './http/request.ts';
import { type HttpResponse, jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';

type TemplateCall = Call<TemplatesApplication>;

const routes: Routes<TemplatesApplication> = {
  'GET /templates': { operation: 'templates', forOperators: true, query: ['limit', 'cursor'], answer: list },
  'PUT /templates/{templateId}': { operation: 'template', forOperators: true, query: ['dryRun'], answer: put },
  'GET /templates/{templateId}': { operation: 'template', forOperators: true, answer: show },
  'GET /templates/{templateId}/versions/{version}': { operation: 'template', forOperators: true, answer: show },
  'PUT /orgs/{orgId}/variables': { operation: 'variables', query: ['dryRun'], answer: putVariables },
  'GET /orgs/{orgId}/variables': { operation: 'variables', answer: showVariables },
};

/** Templates, and the variables that organisations give to them. */
export function makeTemplatesHandler(app: TemplatesApplication): HttpHandler {
  return makeHttpHandler(app, routes);
}

async function list({ app, request: { query } }: TemplateCall): Promise<Answer> {
  const { items, next } = await app.templates.list(pageIn(query));
  return { response: jsonResponse(200, { items, next: next ?? null }), outcome: 'listed' };
}

async function put({ app, request }: TemplateCall): Promise<Answer> {
  const templateId = parseTemplateId(request.path.templateId);
  const expected = parsePrecondition(request);
  const dryRun = parseFlag(request, 'dryRun');
  const { voicePolicy, inlineCredentials } = app;
  const content = parseTemplate(parseJsonBody(request), { voicePolicy, inlineCredentials });
  const result = await putTemplate(app.templates, { templateId, content, expected, dryRun });
  const { outcome, version } = result;
  if (dryRun) return { response: jsonResponse(200, result), outcome: 'planned' };
  return {
    response: jsonResponse(version === 1 && outcome === 'created' ? 201 : 200, result, entityTag(version)),
    outcome,
  };
}

async function show({ app, request: { path } }: TemplateCall): Promise<Answer> {
  const templateId = parseTemplateId(path.templateId);
  const found = await findTemplate(app.templates, templateId, versionIn(path.version));
  return { response: jsonResponse(200, shown(found), entityTag(found.version)), outcome: 'found' };
}

function shown({ content, ...template }: Template) {
  return { ...template, ...shownContent(content) };
}

function versionIn(version: string | undefined): number | undefined {
  if (version === undefined || /^[1-9]\d{0,7}$/.test(version))
    return version === undefined ? undefined : Number(version);
  throw validationFailed([{ field: 'version', detail: 'use a number from 1' }]);
}

async function putVariables({ app, request }: TemplateCall): Promise<Answer> {
  const orgId = parseOrgId(request.path.orgId);
  assertNotReserved(orgId);
  const expected = parseContentTag(request);
  const values = parseVariables(parseJsonBody(request), VARIABLE_NAME);
  if (request.claims !== undefined) assertNoReferences(values);
  const dryRun = parseFlag(request, 'dryRun');
  const from = expected === undefined ? undefined : await app.variables.read(orgId);
  if (from && tagOf(from).ETag !== expected) throw changedVariables();
  const response = variablesResponse(values);
  if (dryRun) return { response, outcome: 'planned' };
  if (!(await app.variables.replace(orgId, values, from))) throw changedVariables();
  return { response, outcome: 'replaced' };
}

function changedVariables(): Problem {
  const detail = 'The variables are not as the request expects them to be. GET them, decide anew, and repeat.';
  return new Problem('PRECONDITION_FAILED', detail);
}

async function showVariables({ app, request }: TemplateCall): Promise<Answer> {
  const values = await app.variables.read(parseOrgId(request.path.orgId));
  return { response: variablesResponse(values), outcome: 'found' };
}

/** The variables with their secrets masked; the tag tells whether two answers have the same secrets. */
function variablesResponse(values: JsonObject): HttpResponse {
  return jsonResponse(200, mask(values), tagOf(values));
}

function tagOf(values: JsonObject): { ETag: string } {
  return entityTag(hashOf(values).slice(0, TAG_DIGITS));
}

const TAG_DIGITS = 16;

export const handler = entry(makeTemplatesApplication, makeTemplatesHandler);

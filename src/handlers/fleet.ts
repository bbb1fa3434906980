import { type FleetApplication, makeFleetApplication } from '../application.ts';
import { changesOfOrganisation, changesSince } from '../domain/changes/list-changes.ts';
import { parseOrgId } from '../domain/configuration/assistant-key.ts';
import { findAssistant, listAssistants } from '../domain/fleet/list-assistants.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';

const routes: Routes<FleetApplication> = {
  'GET /assistants': {
    operation: 'fleet',
    forOperators: true,
    query: ['scope', 'state', 'drift', 'template', 'limit', 'cursor'],
    answer: list,
  },
  'GET /assistants/{assistantId}': { operation: 'fleet', forOperators: true, answer: find },
  'GET /changes': { operation: 'changes', forOperators: true, query: ['since', 'limit', 'cursor'], answer: follow },
  'GET /orgs/{orgId}/changes': { operation: 'changes', query: ['role', 'limit', 'cursor'], answer: listChanges },
};

/** The fleet: all assistants, the owner of one, and the changes. */
export function makeFleetHandler(app: FleetApplication): HttpHandler {
  return makeHttpHandler(app, routes);
}

async function list({ app, request: { query } }: Call<FleetApplication>): Promise<Answer> {
  const { scope, state, drift, template, limit, cursor } = query;
  const asked = { scope, state, drift, template, limit, cursor };
  const page = await listAssistants(app.fleet.index, asked, app.runtime.now());
  return { response: jsonResponse(200, page), outcome: 'listed' };
}

async function find({ app, request: { path } }: Call<FleetApplication>): Promise<Answer> {
  const assistantId = String(path.assistantId).slice(0, 64);
  return {
    response: jsonResponse(200, await findAssistant(app.fleet, assistantId, app.runtime.now())),
    outcome: 'found',
  };
}

async function follow({ app, request: { query } }: Call<FleetApplication>): Promise<Answer> {
  const page = await changesSince(app.fleet.changes, query, app.runtime.now());
  return { response: jsonResponse(200, page), outcome: 'listed' };
}

async function listChanges({ app, request: { path, query } }: Call<FleetApplication>): Promise<Answer> {
  const page = await changesOfOrganisation(app.fleet.changes, parseOrgId(path.orgId), query);
  return { response: jsonResponse(200, page), outcome: 'listed' };
}

export const handler = entry(makeFleetApplication, makeFleetHandler);

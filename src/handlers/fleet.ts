import { type FleetApplication, makeFleetApplication } from '../application.ts';
import { findAssistant, listAssistants } from '../domain/fleet/list-assistants.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler, type Routes } from './http/handler.ts';
import { jsonResponse } from './http/response.ts';
import { lazily } from './lambda/lazily.ts';

const routes: Routes<FleetApplication> = {
  'GET /assistants': {
    operation: 'fleet',
    forOperators: true,
    query: ['scope', 'state', 'drift', 'template', 'limit', 'cursor'],
    answer: list,
  },
  'GET /assistants/{assistantId}': { operation: 'fleet', forOperators: true, answer: find },
};

/** The fleet as operators see it: all assistants, and whose one is. */
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

export const handler = lazily(makeFleetApplication, makeFleetHandler);

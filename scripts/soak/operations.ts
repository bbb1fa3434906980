import { z } from 'zod';
import { httpEvent } from '../bench/events.ts';
import type { Chance } from './chance.ts';

export interface Key {
  orgId: string;
  role: 'inbound' | 'outbound';
}

export type Operation =
  | { kind: 'put'; name: string; tools: readonly string[] }
  | { kind: 'delete' }
  | { kind: 'rollback'; specHash: string };

/** Organisations of the platform's account, so that they share its tools, and one with an account of its own. */
export const KEYS: readonly [Key, ...Key[]] = [
  { orgId: 'soak-1', role: 'inbound' },
  { orgId: 'soak-1', role: 'outbound' },
  { orgId: 'soak-2', role: 'inbound' },
  { orgId: 'soak-3', role: 'outbound' },
  { orgId: 'acme', role: 'inbound' },
];

const NAMES = ['front desk', 'night desk', 'sales'] as const;
const TOOLS = [[], [], ['transfer'], ['transfer', 'book']] as const;

/** What is asked next; a rollback goes to one of the configurations that were answered for. */
export function nextOperation(chance: Chance, known: readonly string[]): Operation {
  const number = chance.number(10);
  const [first, ...others] = known;
  if (number === 0) return { kind: 'delete' };
  if (number === 1 && first) return { kind: 'rollback', specHash: chance.oneOf([first, ...others]) };
  return { kind: 'put', name: chance.oneOf(NAMES), tools: chance.oneOf(TOOLS) };
}

export function eventOf({ orgId, role }: Key, operation: Operation): unknown {
  switch (operation.kind) {
    case 'put':
      return httpEvent({ method: 'PUT', orgId, role, body: bodyOf(operation) });
    case 'delete':
      return httpEvent({ method: 'DELETE', orgId, role });
    case 'rollback':
      return rollbackEvent({ orgId, role }, operation.specHash);
  }
}

function rollbackEvent({ orgId, role }: Key, specHash: string): unknown {
  const method = 'POST';
  const event = httpEvent({ method, orgId, role, body: { specHash } });
  const routeKey = 'POST /orgs/{orgId}/assistants/{role}/rollback';
  return { ...Object(event), routeKey, rawPath: `/orgs/${orgId}/assistants/${role}/rollback` };
}

function bodyOf({ name, tools }: Extract<Operation, { kind: 'put' }>) {
  return {
    name,
    firstMessage: `This is the ${name}.`,
    model: { provider: 'openai', model: 'gpt-4o', messages: [{ role: 'system', content: `You are the ${name}.` }] },
    voice: { provider: 'azure', voiceId: 'en-US-JennyNeural' },
    tools: tools.map((tool) => ({ type: 'function', function: { name: tool, description: `To ${tool}` } })),
  };
}

const answerSchema = z.object({ statusCode: z.number(), body: z.string().optional() });
const bodySchema = z.looseObject({
  code: z.string().optional(),
  specHash: z.string().nullish(),
  assistantId: z.string().nullish(),
  outcome: z.string().optional(),
  tools: z.looseObject({ status: z.string() }).optional(),
});

export interface Answer {
  status: number;
  body: z.infer<typeof bodySchema>;
}

export function parseAnswer(answer: unknown): Answer {
  const { statusCode, body } = answerSchema.parse(answer);
  return { status: statusCode, body: bodySchema.parse(JSON.parse(body || '{}')) };
}

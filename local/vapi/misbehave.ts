import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, send } from '../stack/http-server.ts';
import type { Behaviour } from './faults.ts';

/** A request that is to fail: `serve` performs it properly, each time that it is called. */
type Victim = { response: ServerResponse; serve: () => Answer };

/** Misbehaves as the fault says; resolves to the status that was sent, 0 when there was no answer. */
export async function misbehave(behaviour: Behaviour, victim: Victim): Promise<number> {
  switch (behaviour.kind) {
    case 'error-before':
    case 'html':
    case 'rate-limit':
      return reply(victim.response, refusal(behaviour));
    case 'error-after':
      victim.serve();
      return reply(victim.response, failure(behaviour));
    case 'truncated':
      return reply(victim.response, cut(victim.serve()));
    case 'twice':
      victim.serve();
      return reply(victim.response, victim.serve());
    case 'slow':
      await delay(behaviour.ms);
      return reply(victim.response, victim.serve());
    case 'reset-after':
    case 'hang-after':
      victim.serve();
      return silence(behaviour, victim);
    case 'reset-before':
    case 'hang-before':
      return silence(behaviour, victim);
  }
}

function reply(response: ServerResponse, answer: Answer): number {
  send(response, answer);
  return answer.status;
}

/** A hanging connection stays open until the client leaves or the server is closed. */
function silence({ kind }: Behaviour, { response }: Victim): number {
  if (kind.startsWith('reset')) response.socket?.resetAndDestroy();
  return 0;
}

function refusal(behaviour: Extract<Behaviour, { kind: 'error-before' | 'html' | 'rate-limit' }>): Answer {
  switch (behaviour.kind) {
    case 'error-before':
      return failure(behaviour);
    case 'html':
      return { status: behaviour.status, body: `<html><head><title>${behaviour.status}</title></head></html>` };
    case 'rate-limit':
      return {
        status: 429,
        body: { message: 'Rate limit exceeded', error: 'Too Many Requests', statusCode: 429 },
        ...(behaviour.retryAfter !== undefined && { headers: { 'retry-after': String(behaviour.retryAfter) } }),
      };
  }
}

function failure({ status, body }: { status: number; body?: unknown }): Answer {
  return { status, body: body ?? { message: 'Internal server error', statusCode: status } };
}

/** A whole HTTP message whose JSON stops half-way. */
function cut({ status, body }: Answer): Answer {
  const text = JSON.stringify(body);
  return { status, body: text.slice(0, Math.ceil(text.length / 2)), headers: { 'content-type': 'application/json' } };
}

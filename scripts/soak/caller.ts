import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from './chance.ts';
import type { Environment } from './environment.ts';
import { type Answer, eventOf, type Key, nextOperation, type Operation, parseAnswer } from './operations.ts';

/** How often each thing was seen. */
export type Tally = Map<string, number>;

interface CallerOptions {
  key: Key;
  environment: Environment;
  chance: Chance;
  count: (what: string) => void;
}

/** Of the configurations that were answered for, so many may be rolled back to. */
const REMEMBERED = 5;
/** Between two calls of one caller, at most. */
const PAUSE_MS = 400;
const PAUSE_AFTER_FAILURE_MS = 3_000;
/** Enough for every claim to end and every create to settle. */
const LAST_TRIES_MS = 240_000;

/** Somebody who asks for one thing after the other, and who at last asks once more until it is done. */
export class Caller {
  readonly key: Key;
  readonly environment: Environment;
  readonly #options: CallerOptions;
  readonly #known: string[] = [];
  last: Operation | undefined;

  constructor(options: CallerOptions) {
    this.key = options.key;
    this.environment = options.environment;
    this.#options = options;
  }

  async askUntil(ends: number): Promise<void> {
    const { chance, count } = this.#options;
    while (Date.now() < ends) {
      const operation = nextOperation(chance, this.#known);
      const answer = await this.#ask(operation);
      count(`${operation.kind} ${answer ? `${answer.status} ${answer.body.code ?? ''}`.trim() : 'killed'}`);
      // Most calls after a failure only say that it is not over yet.
      await sleep(chance.number(answer && answer.status < 500 ? PAUSE_MS : PAUSE_AFTER_FAILURE_MS));
    }
  }

  /** Asks for its last operation until it is done, as Retry-After tells; undefined when it never is. */
  async askOnceMore(): Promise<Answer | undefined> {
    const operation = this.last ?? { kind: 'delete' };
    const ends = Date.now() + LAST_TRIES_MS;
    while (Date.now() < ends) {
      const answer = await this.#ask(operation);
      const isGone = operation.kind === 'rollback' && answer?.status === 404;
      if (answer && (answer.status < 300 || isGone)) return answer;
      await sleep(2_000);
    }
    return undefined;
  }

  async #ask(operation: Operation): Promise<Answer | undefined> {
    this.last = operation;
    const invoked = await this.environment.invoke(eventOf(this.key, operation));
    if (invoked.kind === 'failed') throw new Error(`a function has thrown: ${invoked.why}`);
    if (invoked.kind === 'ended') return undefined;
    const answer = parseAnswer(invoked.answer);
    if (answer.body.specHash) this.#known.splice(0, this.#known.length >= REMEMBERED ? 1 : 0, answer.body.specHash);
    return answer;
  }
}

import {
  BrokenCircuitError,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  DelegateBackoff,
  type FailureReason,
  handleWhen,
  retry,
} from 'cockatiel';
import { Problem, secondsOf } from '../../domain/problem.ts';
import type { Deadline } from '../../domain/runtime.ts';
import { FINISH_RESERVE_MS } from '../../domain/timing.ts';
import { UpstreamFault } from './fault.ts';

/** The failures of Vapi in a row that open the circuit, and how long it then stays open. */
const FAILURES_TO_OPEN = 5;
const COOLDOWN_MS = 60_000;

/** Retries after the first try of a request that may be repeated. */
const MAX_RETRIES = 2;
const LONGEST_PAUSE_MS = 2_000;

interface UpstreamPolicyOptions {
  /** Called when the circuit opens or closes. */
  onCircuit?: (state: 'open' | 'closed') => void;
  /** Epoch ms. */
  now: () => number;
  /** In [0, 1). */
  random: () => number;
  /** Longest pause before the first retry, in ms; each further one is twice as long. */
  firstPauseMs: number;
}

/**
 * How requests to one Vapi account are tried: retries around one circuit breaker, which counts failures of Vapi only.
 * After the cooldown a single request probes, and the others wait for its outcome.
 */
export class UpstreamPolicy {
  readonly #breaker: CircuitBreakerPolicy;
  readonly #options: UpstreamPolicyOptions;
  #openedAt = 0;

  constructor(options: UpstreamPolicyOptions) {
    this.#options = options;
    this.#breaker = circuitBreaker(
      handleWhen((error) => this.#isCounted(error)),
      { halfOpenAfter: COOLDOWN_MS, breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN) },
    );
    this.#breaker.onBreak(() => {
      this.#openedAt = options.now();
      options.onCircuit?.('open');
    });
    this.#breaker.onReset(() => options.onCircuit?.('closed'));
  }

  /** Sends one request. Throws `UpstreamFault`, or a `Problem` when the circuit is open. */
  async once<T>(send: () => Promise<T>): Promise<T> {
    try {
      const settled = await this.#breaker.execute(() => settle(send));
      if ('answer' in settled) return settled.answer;
      throw settled.refusal;
    } catch (error) {
      if (error instanceof BrokenCircuitError) throw this.#circuitOpen();
      throw error;
    }
  }

  /**
   * Repeats a request while the deadline leaves time for it. Only for requests that may be repeated without another
   * effect.
   */
  async repeatedly<T>(attempt: () => Promise<T>, deadline: Deadline): Promise<T> {
    const policy = retry(
      handleWhen((error) => isWorthRepeating(error) && fits(error, deadline)),
      {
        maxAttempts: MAX_RETRIES,
        backoff: new DelegateBackoff(({ attempt: count, result }) => this.#pause(count, result)),
      },
    );
    return await policy.execute(attempt);
  }

  /**
   * A request that our own deadline cut short says nothing about Vapi, but it is not the success that a probe must
   * bring.
   */
  #isCounted(error: unknown): boolean {
    if (!(error instanceof UpstreamFault) || !error.isUpstreamFailure) return false;
    return !error.isCutShort || this.#breaker.state === CircuitState.HalfOpen;
  }

  /** Exponential with full jitter; at least what Vapi asks for. */
  #pause(attempt: number, result: FailureReason<unknown>): number {
    const longest = Math.min(this.#options.firstPauseMs * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
    const asked = 'error' in result && result.error instanceof UpstreamFault ? result.error.retryAfterMs : undefined;
    return (asked ?? 0) + this.#options.random() * longest;
  }

  #circuitOpen(): Problem {
    const leftMs = this.#openedAt + COOLDOWN_MS - this.#options.now();
    return new Problem(
      'CIRCUIT_OPEN',
      'The last calls to this Vapi account have failed, so no more are made for a while. Repeat the request after the time in Retry-After.',
      { retryAfterSeconds: secondsOf(leftMs) },
    );
  }
}

/** A refusal counts as an answer: like a success, it ends a row of failures. */
async function settle<T>(send: () => Promise<T>): Promise<{ answer: T } | { refusal: UpstreamFault }> {
  try {
    return { answer: await send() };
  } catch (error) {
    if (error instanceof UpstreamFault && !error.isUpstreamFailure) return { refusal: error };
    throw error;
  }
}

function isWorthRepeating(error: unknown): error is UpstreamFault {
  return error instanceof UpstreamFault && (error.isUpstreamFailure || error.kind === 'rate-limited');
}

/** True when the pause and another try fit before the deadline. */
function fits({ retryAfterMs = 0 }: UpstreamFault, deadline: Deadline): boolean {
  return deadline.remainingMs() > retryAfterMs + LONGEST_PAUSE_MS + FINISH_RESERVE_MS;
}

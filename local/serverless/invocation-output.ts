import { isJsonObject, type JsonObject } from '../../src/domain/json.ts';

/** As much of a stream as is used here. */
interface Stream {
  write(text: string | Uint8Array, ...rest: unknown[]): boolean;
}

/**
 * What `sls invoke local` shows: a line on stderr that says what happened, and the answer on stdout, with its body as
 * JSON. The log of the function goes to stderr if it is asked for.
 */
export class InvocationOutput {
  readonly #out: Stream;
  readonly #err: Stream;
  readonly #showsLog: boolean;
  readonly #write: { out: Stream['write']; err: Stream['write'] };
  /** What was written last and not shown yet: Serverless writes the answer when the function has ended. */
  #held = '';

  constructor({ out, err, showsLog }: { out: Stream; err: Stream; showsLog: boolean }) {
    this.#out = out;
    this.#err = err;
    this.#showsLog = showsLog;
    this.#write = { out: out.write.bind(out), err: err.write.bind(err) };
  }

  /** From now on nothing is shown but the answer, and the log if that is asked for. */
  begin(): void {
    this.#out.write = (text, ...rest) => {
      this.#release();
      this.#held = String(text);
      return confirm(rest);
    };
    this.#err.write = (text, ...rest) => {
      this.#release();
      if (this.#showsLog) this.#write.err(text);
      return confirm(rest);
    };
  }

  /** The function has answered: shows that. */
  answer(): void {
    const text = this.#held;
    this.#held = '';
    const answer = parse(text);
    const shown = isJsonObject(answer) ? withReadableBody(answer) : answer;
    if (shown !== undefined) this.#write.err(`${summaryOf(shown)}\n`);
    this.#write.out(shown === undefined ? text : `${JSON.stringify(shown, null, 2)}\n`);
  }

  /** Everything is as before. */
  end(): void {
    this.#release();
    this.#out.write = this.#write.out;
    this.#err.write = this.#write.err;
  }

  #release(): void {
    if (this.#showsLog && this.#held) this.#write.err(this.#held);
    this.#held = '';
  }
}

/** Whoever writes may be told when that is done. */
function confirm(rest: readonly unknown[]): true {
  for (const written of rest) if (typeof written === 'function') written();
  return true;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Serverless reads the body of `application/json` only; a problem would be one escaped line. */
function withReadableBody(answer: JsonObject): JsonObject {
  if (typeof answer.body !== 'string') return answer;
  const body = parse(answer.body);
  return isJsonObject(body) ? { ...answer, body } : answer;
}

/** What happened, in one line: `201 created globex/inbound 04af7a9d-… in 98 ms`. */
export function summaryOf(answer: unknown): string {
  if (!isJsonObject(answer)) return 'The function has ended.';
  const { statusCode, body, batchItemFailures } = answer;
  if (typeof statusCode === 'number') return [String(statusCode), ...wordsOf(body)].join(' ');
  if (!Array.isArray(batchItemFailures)) return 'The function has ended.';
  const count = batchItemFailures.length;
  return count === 0 ? 'Every message was performed.' : `${count} of the messages failed, and would come back.`;
}

function wordsOf(body: unknown): string[] {
  if (!isJsonObject(body)) return [];
  const { code, title, outcome, plan, state, orgId, role, assistantId, durationMs, assistants } = body;
  if (typeof code === 'string') return [`${code}:`, String(title)];
  const words = [
    outcome ?? (typeof plan === 'string' ? `plan: ${plan}` : state),
    typeof orgId === 'string' && typeof role === 'string' ? `${orgId}/${role}` : orgId,
    assistantId,
    Array.isArray(assistants) ? `with ${assistants.length} assistants` : undefined,
    typeof durationMs === 'number' ? `in ${Math.round(durationMs)} ms` : undefined,
  ];
  return words.filter((word) => typeof word === 'string');
}

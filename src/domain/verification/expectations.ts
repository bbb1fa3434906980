import { nameOf } from '../journal.ts';
import { Problem } from '../problem.ts';

/** An expectation that was not met. The message is for the report: it says what was expected and what was found. */
export class Unmet extends Error {
  override readonly name = 'Unmet';
}

/** Throws `Unmet` with the message unless the condition holds. */
export function expect(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Unmet(message);
}

/** Runs all checks to their end, side by side. Throws one `Unmet` with a line for each failure. */
export async function expectAll(checks: readonly Promise<void>[]): Promise<void> {
  const settled = await Promise.allSettled(checks);
  const failures = settled.flatMap((check) => (check.status === 'rejected' ? [toError(check.reason)] : []));
  const [first] = failures;
  if (!first) return;
  const messages = [...new Set(failures.map(explain))];
  throw failures.length === 1 ? first : new Unmet(messages.join('\n'));
}

/** What went wrong, for the report. Of an unexpected error only its name, as its message can quote what was sent. */
export function explain(error: unknown): string {
  if (error instanceof Unmet) return error.message;
  if (error instanceof Problem) return `${error.code}: ${error.message}`;
  return `An unexpected ${nameOf(error)} was thrown`;
}

function toError(reason: unknown): Error {
  return Error.isError(reason) ? reason : new Error('something that is not an Error was thrown');
}

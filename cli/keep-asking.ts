import { ProblemError } from '../client/index.ts';
import { sentencesOf } from './exit.ts';
import type { Output } from './output.ts';

/**
 * Makes what is asked again and again by those who watch. Once the service has answered, a failure that can be well at
 * the next look is noted, and there is no answer this time. Throws what a look throws otherwise.
 */
export function keepAsking<Answer>(ask: () => Promise<Answer>, out: Output): () => Promise<Answer | undefined> {
  let wasAnswered = false;
  return async () => {
    try {
      const answer = await ask();
      wasAnswered = true;
      return answer;
    } catch (error) {
      if (!wasAnswered || !isPassing(error)) throw error;
      out.note(`${sentencesOf(error).join(' ')}; going on`);
      return undefined;
    }
  };
}

function isPassing(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.status === 429 || error.status >= 500;
}

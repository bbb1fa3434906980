import { Problem } from '../../src/domain/problem.ts';

/** The problem that `act` throws; an error when it throws none, or anything else. */
export function problemOf(act: () => unknown): Problem {
  try {
    act();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('expected a Problem, nothing was thrown');
}

/** The problem that a promise is rejected with; an error when it is not, or with anything else. */
export async function rejectedProblemOf(promise: Promise<unknown>): Promise<Problem> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('expected a Problem, the promise was fulfilled');
}

/** The names of the fields that a validation problem complains of. */
export function fieldsOf(problem: Problem): string[] {
  return problem.errors.map(({ field }) => field);
}

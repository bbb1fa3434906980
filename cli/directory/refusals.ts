import { Problem } from '../../src/domain/problem.ts';
import type { Mistake } from './mistakes.ts';
import type { Source } from './source.ts';

/** What is wrong with a part of a file, and the remedy, as the service says it. */
interface Refusal {
  message: string;
  errors: readonly { field: string; detail: string }[];
}

/** A refusal of what stands at `root`, at the lines of the fields that it names. */
export function mistakesAt({ file, lineAt }: Source, root: readonly string[], { message, errors }: Refusal): Mistake[] {
  const at = (path: readonly (string | number)[], text: string) => ({
    file,
    line: lineAt(path),
    field: path.join('.'),
    text,
  });
  if (errors.length === 0) return [at(root, message)];
  return errors.map(({ field, detail }) => {
    const names = field.split('.').map((name) => (/^\d+$/.test(name) ? Number(name) : name));
    return at([...root, ...names], detail);
  });
}

/** What the rules of the service refuse in what stands at `root`; none when `check` does not throw a `Problem`. */
export function refusalsOf(source: Source, root: readonly string[], check: () => unknown): Mistake[] {
  try {
    check();
    return [];
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return mistakesAt(source, root, error);
  }
}

import * as z from 'zod/mini';
import { expect, Unmet } from './expectations.ts';

const lineSchema = z.looseObject({ code: z.optional(z.string()), operationId: z.optional(z.string()) });

function parseLine(line: string): z.infer<typeof lineSchema> | undefined {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The codes of log lines, in their order. */
export function codesIn(log: readonly string[]): string[] {
  return log.flatMap((line) => parseLine(line)?.code ?? []);
}

/**
 * Throws `Unmet` unless every line is JSON with this operation id. The line itself is not repeated: it may hold
 * anything.
 */
export function expectOneOperation(log: readonly string[], operationId: string): void {
  expect(log.length > 0, `The log has no line of operation ${operationId}`);
  for (const [index, line] of log.entries()) {
    const parsed = parseLine(line);
    if (!parsed) throw new Unmet(`Line ${index + 1} of the log of operation ${operationId} is not JSON`);
    expect(
      parsed.operationId === operationId,
      `The log line ${parsed.code ?? index + 1} of operation ${operationId} has ${parsed.operationId ? `the operation id ${parsed.operationId}` : 'no operation id'}`,
    );
  }
}

/** Throws `Unmet` unless the log has these steps in this order; others may come between them. */
export function expectSteps(log: readonly string[], steps: readonly string[]): void {
  const codes = codesIn(log);
  let at = 0;
  for (const step of steps) {
    const found = codes.indexOf(step, at);
    expect(found >= 0, `The log lacks the step ${step}${at > 0 ? ` after ${codes[at - 1]}` : ''}`);
    at = found + 1;
  }
}

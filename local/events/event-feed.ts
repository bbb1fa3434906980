import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { z } from 'zod';

const eventSchema = z.object({
  type: z.string(),
  detail: z.looseObject({
    orgId: z.string().optional(),
    role: z.string().optional(),
    class: z.string().optional(),
    by: z.object({ kind: z.string(), id: z.string() }).nullish(),
  }),
});

/** The events that the bus of the local stack accepts, as lines for people. */
export class EventFeed {
  readonly #file: string;
  #offset: number;

  /** Starts with events that come from now on. */
  constructor(file: string) {
    this.#file = file;
    this.#offset = existsSync(file) ? statSync(file).size : 0;
  }

  /** The events since the last call: `Assistant Updated globex/inbound by iam arn:…`. */
  read(): string[] {
    if (!existsSync(this.#file)) return [];
    const { size } = statSync(this.#file);
    const bytes = Buffer.alloc(Math.max(0, size - this.#offset));
    const file = openSync(this.#file, 'r');
    const read = readSync(file, bytes, 0, bytes.length, this.#offset);
    closeSync(file);
    const text = bytes.subarray(0, read).toString('utf8');
    // A line that is still being written is read the next time.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#offset += Buffer.byteLength(whole);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map(lineOf);
  }
}

function lineOf(line: string): string {
  const { type, detail } = eventSchema.parse(JSON.parse(line));
  const { orgId, role, class: name, by } = detail;
  const subject = orgId && role ? `${orgId}/${role}` : undefined;
  return [type, subject, name, by && `by ${by.kind} ${by.id}`].filter(Boolean).join(' ');
}

import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Announcer } from '../events/announcer.ts';

type Environment = Record<string, string>;

const page = z.object({ records: z.array(z.unknown()) });

/** Between two looks at the stream, in ms. */
const PAUSE_MS = 300;

/** The writes to the table are told by the code that is deployed. It is loaded only when there is something to tell. */
export class BackgroundAnnouncer {
  /** The stack's environment and the functions'. */
  readonly #environment: Environment;
  #opened: Announcer | undefined;
  #isStopped = false;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** Tells whatever comes, until `stop`; `told` is called after each time. */
  async run(told: () => void): Promise<void> {
    while (!this.#isStopped) {
      try {
        await this.drain();
        told();
      } catch {
        // The stack may be ending; what was not told comes again.
      }
      await delay(PAUSE_MS, undefined, { ref: false });
    }
  }

  /** Tells what is in the stream. */
  async drain(): Promise<void> {
    if (await this.#hasRecords()) await (await this.#open()).drain();
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #open(): Promise<Announcer> {
    if (this.#opened) return this.#opened;
    Object.assign(process.env, this.#environment);
    const [{ Announcer }, { handler }] = await Promise.all([
      import('../events/announcer.ts'),
      import('../../src/handlers/announce.ts'),
    ]);
    this.#opened = new Announcer({ environment: this.#environment, announce: handler });
    return this.#opened;
  }

  async #hasRecords(): Promise<boolean> {
    const { LOCAL_STREAM_URL: url } = this.#environment;
    if (!url) return false;
    return page.parse(await (await fetch(url)).json()).records.length > 0;
  }
}

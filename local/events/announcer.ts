import type { DynamoDBStreamEvent } from 'aws-lambda';
import { z } from 'zod';
import type { AnnounceHandler } from '../../src/handlers/announce.ts';
import { invocationOf } from '../stack/lambda-context.ts';
import type { Environment } from '../stack/servers.ts';

const page = z.object({ position: z.number(), records: z.array(z.looseObject({ eventID: z.string() })) });

const TIMEOUT_MS = 60_000;
/** After this many tries without progress, the stream is left for the next time. */
const TRIES = 5;

/** Delivers the stream of the local table to the real `announce`, as Lambda's event source does. */
export class Announcer {
  readonly #url: string;
  readonly #announce: AnnounceHandler;

  constructor({ environment, announce }: { environment: Environment; announce: AnnounceHandler }) {
    this.#url = environment.LOCAL_STREAM_URL ?? '';
    this.#announce = announce;
  }

  /** Delivers what is in the stream now. Records that were not accepted come again. */
  async drain(): Promise<void> {
    for (let idle = 0; idle < TRIES; ) {
      const { position, records } = await this.#read();
      if (records.length === 0) return;
      const told = await this.#tell(records);
      idle = told === 0 ? idle + 1 : 0;
      await this.#read(position + told);
    }
  }

  /** Returns the number of records that were delivered. */
  async #tell(records: z.output<typeof page>['records']): Promise<number> {
    const event = z.custom<DynamoDBStreamEvent>().parse({ Records: records });
    const { batchItemFailures } = await this.#announce(event, invocationOf('announce', TIMEOUT_MS));
    const [first] = batchItemFailures;
    return first ? records.findIndex(({ eventID }) => eventID === first.itemIdentifier) : records.length;
  }

  /** Reads the records to deliver; with a position, notes first how far this reader has come. */
  async #read(position?: number): Promise<z.output<typeof page>> {
    const said = position === undefined ? {} : { method: 'POST', body: JSON.stringify({ position }) };
    return page.parse(await (await fetch(this.#url, said)).json());
  }
}

import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { EventBus } from '../domain/changes/announce.ts';
import type { Announcement } from '../domain/changes/announcement.ts';

/** The source of every event. */
const SOURCE = 'vapi-sync';

/** An event bus of EventBridge. */
export class EventBridgeBus implements EventBus {
  readonly #client: EventBridgeClient;
  readonly #name: string;

  constructor({ client, name }: { client: EventBridgeClient; name: string }) {
    this.#client = client;
    this.#name = name;
  }

  async put(events: readonly Announcement[]): Promise<readonly number[]> {
    const { Entries = [] } = await this.#client.send(
      new PutEventsCommand({
        Entries: events.map(({ type, detail }) => ({
          EventBusName: this.#name,
          Source: SOURCE,
          DetailType: type,
          Detail: JSON.stringify(detail),
          Time: new Date(detail.at),
        })),
      }),
    );
    // An event without an answer was not accepted.
    return events.map((_, index) => index).filter((index) => Entries[index]?.EventId === undefined);
  }
}

import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { z } from 'zod';
import { type ListeningServer, listen, readBody, send } from '../stack/http-server.ts';

const entrySchema = z.object({
  EventBusName: z.string(),
  Source: z.string(),
  DetailType: z.string(),
  Detail: z.string(),
  Time: z.number().optional(),
});
const inputSchema = z.object({ Entries: z.array(entrySchema).min(1).max(10) });

/** An event that the bus accepted. */
interface TakenEvent {
  bus: string;
  source: string;
  type: string;
  detail: unknown;
}

/** A running stand-in for EventBridge: one bus that appends its events to a list and to a file. */
export interface BusStandIn {
  url: string;
  /** In the order in which they were accepted. */
  events: readonly TakenEvent[];
  /** Decides which entries are refused, given the entry and the number of earlier ones; by default none. */
  refuse: (event: TakenEvent, count: number) => boolean;
  clear(): void;
  close(): Promise<void>;
}

/** Starts a bus on 127.0.0.1. `file` gets a line for each event. */
export async function startBus({ file }: { file?: string } = {}): Promise<BusStandIn> {
  const events: TakenEvent[] = [];
  let count = 0;
  const bus: Omit<BusStandIn, 'url' | 'close'> = { events, refuse: () => false, clear: () => void events.splice(0) };
  const take = ({ EventBusName, Source, DetailType, Detail }: z.output<typeof entrySchema>) => {
    const event = { bus: EventBusName, source: Source, type: DetailType, detail: JSON.parse(Detail) };
    count += 1;
    if (standIn.refuse(event, count)) return { ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' };
    events.push(event);
    if (file) appendFileSync(file, `${JSON.stringify(event)}\n`);
    return { EventId: randomUUID() };
  };
  const server: ListeningServer = await listen((request, response) => {
    const answer = async () => {
      const { Entries } = inputSchema.parse(JSON.parse(await readBody(request)));
      const taken = Entries.map(take);
      const FailedEntryCount = taken.filter((entry) => 'ErrorCode' in entry).length;
      const headers = { 'content-type': 'application/x-amz-json-1.1' };
      send(response, { status: 200, body: { FailedEntryCount, Entries: taken }, headers });
    };
    answer().catch(() => response.destroy());
  });
  const standIn = Object.assign(bus, { url: server.url, close: () => server.close() });
  return standIn;
}

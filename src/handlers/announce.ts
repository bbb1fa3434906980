import type { Context, DynamoDBBatchResponse, DynamoDBStreamEvent } from 'aws-lambda';
import { tableWritesIn } from '../adapters/stream-records.ts';
import { makeJournal } from '../adapters/telemetry/journal.ts';
import { type AnnounceApplication, makeAnnounceApplication } from '../application.ts';
import { announce } from '../domain/changes/announce.ts';
import { instrumented } from './lambda/instrumented.ts';
import { madeEarly } from './lambda/made-early.ts';

export type AnnounceHandler = (event: DynamoDBStreamEvent, context: Context) => Promise<DynamoDBBatchResponse>;

/**
 * Tells what the writes of a batch of the table's stream did. A write that could not be told comes again, with all
 * after it.
 */
export function makeAnnounceHandler(app: AnnounceApplication): AnnounceHandler {
  return instrumented(app.telemetry, async ({ Records }: DynamoDBStreamEvent) => {
    const journal = makeJournal(app.telemetry);
    const failed = await announce({ ...app.announce, journal }, tableWritesIn(Records));
    return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
  });
}

const built = madeEarly(() => makeAnnounceHandler(makeAnnounceApplication()));

/** While the settings are wrong the batch fails; it comes back when they are right. */
export const handler: AnnounceHandler = async (event, context) => await built()(event, context);

import type { DynamoDBRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { RowChange } from '../domain/changes/announce.ts';
import type { AssistantMapping } from '../domain/mapping/assistant-mapping.ts';
import { readRows } from './dynamodb/read-rows.ts';
import { type Item, parseMapping } from './dynamodb/table-keys.ts';

/** The writes to mappings among the records of a stream. A row that cannot be read tells nothing. */
export function rowChangesIn(records: readonly DynamoDBRecord[]): RowChange[] {
  return records.flatMap(({ dynamodb }) => {
    const sequence = dynamodb?.SequenceNumber;
    const isMapping = dynamodb?.Keys?.sk?.S?.startsWith('ASSISTANT#') && dynamodb.Keys.pk?.S?.startsWith('ORG#');
    if (sequence === undefined || !isMapping) return [];
    return [{ sequence, before: rowIn(dynamodb?.OldImage), after: rowIn(dynamodb?.NewImage) }];
  });
}

/** Lambda gives the images in the very form of the table. */
const imageSchema = z.optional(z.custom<Item>((value) => typeof value === 'object'));

function rowIn(image: unknown): AssistantMapping | undefined {
  const item = imageSchema.parse(image);
  return item && readRows([item], parseMapping).rows[0];
}

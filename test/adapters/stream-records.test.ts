import { marshall } from '@aws-sdk/util-dynamodb';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import { tableWritesIn } from '../../src/adapters/stream-records.ts';

const AT = '2026-01-01T00:00:00.000Z';
const KEYS = { pk: 'ORG#acme', sk: 'ASSISTANT#inbound' };
const ROW = { ...KEYS, orgId: 'acme', role: 'inbound', revision: 1, assistantId: 'a', createdAt: AT, updatedAt: AT };
const DRIFT = { class: 'missing', since: AT, runId: 'run-1', fields: [], heals: 0 };

// biome-ignore lint/suspicious/noExplicitAny: the images are in the very form of the table
const image = (row: object): Record<string, AttributeValue> => marshall(row) as any;
const record = (OldImage: object, NewImage?: object): DynamoDBRecord => ({
  dynamodb: {
    Keys: image(KEYS),
    SequenceNumber: '1',
    OldImage: image(OldImage),
    ...(NewImage ? { NewImage: image(NewImage) } : {}),
  },
});

it.each([
  ['that is gone is told', undefined, 1],
  ['that can be read is told', ROW, 1],
  ['that cannot be read is not taken for one that is gone', { ...ROW, revision: 'of a later version' }, 0],
])('a row %s', (_name, after, count) => {
  expect(tableWritesIn([record({ ...ROW, drift: DRIFT }, after)])).toHaveLength(count);
});

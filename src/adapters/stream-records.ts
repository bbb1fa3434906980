import type { DynamoDBRecord, StreamRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { RolloutHead, TableWrite } from '../domain/changes/announcement.ts';
import type { Rollout } from '../domain/rollouts/rollout.ts';
import { parseStray, RUNS_PK, STRAY_PREFIX } from './dynamodb/drift/items.ts';
import { readRows } from './dynamodb/read-rows.ts';
import { parseRollout, ROLLOUT_PREFIX, ROLLOUTS_PK } from './dynamodb/rollouts/items.ts';
import { type Item, parseMapping } from './dynamodb/table-keys.ts';

/** The writes to mappings and strays among the records of a stream. A row that cannot be read tells nothing. */
export function tableWritesIn(records: readonly DynamoDBRecord[]): TableWrite[] {
  return records.map(({ dynamodb }) => dynamodb && writeIn(dynamodb)).filter((write) => write !== undefined);
}

function writeIn(record: StreamRecord): TableWrite | undefined {
  const { Keys, OldImage, NewImage, SequenceNumber, ApproximateCreationDateTime = 0 } = record;
  const { pk: { S: pk = '' } = {}, sk: { S: sk = '' } = {} } = Keys ?? {};
  if (SequenceNumber === undefined) return undefined;
  const at = new Date(ApproximateCreationDateTime * 1000).toISOString();
  const write = { sequence: SequenceNumber, at };
  const both = <Row>(parse: (item: Item) => Row) => ({
    before: rowIn(OldImage, parse),
    after: rowIn(NewImage, parse),
  });
  if (pk.startsWith('ORG#') && sk.startsWith('ASSISTANT#')) {
    return { ...write, kind: 'mapping', ...both(parseMapping) };
  }
  if (pk === RUNS_PK && sk.startsWith(STRAY_PREFIX)) {
    return { ...write, kind: 'stray', ...both(parseStray) };
  }
  if (pk === ROLLOUTS_PK && sk.startsWith(ROLLOUT_PREFIX)) {
    const { before, after } = both(parseRollout);
    return { ...write, kind: 'rollout', before, after: after && headOf(after) };
  }
  return undefined;
}

function headOf(rollout: Rollout): RolloutHead {
  const { rolloutId, template, state, reason, wave, targets, startedBy, startedAt } = rollout;
  const told = { id: `${rolloutId}-${rollout.change}`, at: rollout.updatedAt, rolloutId, template };
  const progress = { templateVersion: rollout.version, state, reason, wave, waves: rollout.sizes, targets };
  return { ...told, ...progress, startedBy, startedAt, endedAt: rollout.endedAt ?? null };
}

/** Lambda gives the images in the very form of the table. */
const imageSchema = z.optional(z.custom<Item>((value) => typeof value === 'object'));

function rowIn<Row>(image: unknown, parse: (item: Item) => Row): Row | undefined {
  const item = imageSchema.parse(image);
  return item && readRows([item], parse).rows[0];
}

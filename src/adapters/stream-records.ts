import type { DynamoDBRecord, StreamRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { RolloutHead, TableWrite } from '../domain/changes/announcement.ts';
import type { Rollout } from '../domain/rollouts/rollout.ts';
import { parseStray, RUNS_PK, STRAY_PREFIX } from './dynamodb/drift/items.ts';
import { parseMapping } from './dynamodb/organisation-rows.ts';
import { parseRollout, ROLLOUT_PREFIX, ROLLOUTS_PK } from './dynamodb/rollouts/items.ts';
import { readRows } from './dynamodb/rows/read-rows.ts';
import type { Item } from './dynamodb/rows/table-keys.ts';

/**
 * The writes to mappings, strays and rollouts among the records of a stream. A write whose new row cannot be read is
 * left out: it must not be taken for a removal.
 */
export function tableWritesIn(records: readonly DynamoDBRecord[]): TableWrite[] {
  return records.map(({ dynamodb }) => dynamodb && writeIn(dynamodb)).filter((write) => write !== undefined);
}

function writeIn(record: StreamRecord): TableWrite | undefined {
  const { Keys, OldImage, NewImage, SequenceNumber, ApproximateCreationDateTime = 0 } = record;
  const { pk: { S: pk = '' } = {}, sk: { S: sk = '' } = {} } = Keys ?? {};
  if (SequenceNumber === undefined) return undefined;
  const at = new Date(ApproximateCreationDateTime * 1000).toISOString();
  const write = { sequence: SequenceNumber, at };
  const both = <Row>(parse: (item: Item) => Row) => {
    const after = rowIn(NewImage, parse);
    return NewImage && !after ? undefined : { before: rowIn(OldImage, parse), after };
  };
  if (pk.startsWith('ORG#') && sk.startsWith('ASSISTANT#')) {
    const rows = both(parseMapping);
    return rows && { ...write, kind: 'mapping', ...rows };
  }
  if (pk === RUNS_PK && sk.startsWith(STRAY_PREFIX)) {
    const rows = both(parseStray);
    return rows && { ...write, kind: 'stray', ...rows };
  }
  if (pk === ROLLOUTS_PK && sk.startsWith(ROLLOUT_PREFIX)) {
    const rows = both(parseRollout);
    return rows && { ...write, kind: 'rollout', before: rows.before, after: rows.after && headOf(rows.after) };
  }
  return undefined;
}

function headOf(rollout: Rollout): RolloutHead {
  const { rolloutId, template, state, reason, wave, targets, startedBy, startedAt } = rollout;
  const told = { id: `${rolloutId}-${rollout.change}`, at: rollout.updatedAt, rolloutId, template };
  const progress = { templateVersion: rollout.version, state, reason, wave, waves: rollout.sizes, targets };
  return { ...told, ...progress, startedBy, startedAt, endedAt: rollout.endedAt ?? null };
}

/** Lambda gives the rows in the form of the table. */
const imageSchema = z.optional(z.custom<Item>((value) => typeof value === 'object'));

function rowIn<Row>(image: unknown, parse: (item: Item) => Row): Row | undefined {
  const item = imageSchema.parse(image);
  return item && readRows([item], parse).rows[0];
}

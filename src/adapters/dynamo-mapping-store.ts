import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AssistantKey } from '../domain/assistant-key.ts';
import type {
  AssistantMapping,
  MappingStore,
  MappingWrite,
  MappingWriteResult,
  OrganisationView,
} from '../domain/assistant-mapping.ts';
import { TRANSITIONS } from '../domain/mapping-transitions.ts';
import { conditionOf } from './mapping-conditions.ts';
import {
  type Item,
  indexKeys,
  mappingSk,
  ORGANISATION_SK,
  organisationPk,
  parseMapping,
  parseOrganisationRecord,
} from './mapping-item.ts';

/** A table as the stores need it. */
export interface Table {
  client: DynamoDBClient;
  name: string;
}

/** Mappings in DynamoDB: one consistent query reads an organisation, single-item conditional writes change a row. */
export class DynamoMappingStore implements MappingStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  /** One Query: the mappings sort before the organisation record, and the (large) configurations after it. */
  async read(orgId: string): Promise<OrganisationView> {
    const { Items = [] } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
        ExpressionAttributeValues: marshall({
          ':pk': organisationPk(orgId),
          ':first': 'ASSISTANT#',
          ':last': ORGANISATION_SK,
        }),
      }),
    );
    const isRecord = (item: Item) => item.sk?.S === ORGANISATION_SK;
    const record = Items.find(isRecord);
    return {
      record: record && parseOrganisationRecord(record),
      mappings: Items.filter((item) => item.sk?.S?.startsWith('ASSISTANT#')).map(parseMapping),
    };
  }

  async write(write: MappingWrite): Promise<MappingWriteResult> {
    try {
      if (TRANSITIONS[write.transition].to === 'absent') return await this.#delete(write);
      return await this.#update(write);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return await this.#afterConflict(write, error);
    }
  }

  async #delete(write: MappingWrite): Promise<MappingWriteResult> {
    const { expression, names, values } = conditionOf(write);
    await this.#table.client.send(
      new DeleteItemCommand({
        TableName: this.#table.name,
        Key: keyOf(write.key),
        ConditionExpression: expression,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: marshall(values),
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { kind: 'written', mapping: undefined };
  }

  async #update(write: MappingWrite): Promise<MappingWriteResult> {
    const condition = conditionOf(write);
    const update = updateOf(write);
    const { Attributes } = await this.#table.client.send(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: keyOf(write.key),
        ConditionExpression: condition.expression,
        UpdateExpression: update.expression,
        ExpressionAttributeNames: { ...condition.names, ...update.names },
        ExpressionAttributeValues: marshall({ ...condition.values, ...update.values }),
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { kind: 'written', mapping: Attributes && parseMapping(Attributes) };
  }

  /**
   * A write that the SDK sent twice fails the second time on what the first has done: then it was our own success. One
   * that was sent once failed. Databases that do not return the item with the failure are read once more.
   */
  async #afterConflict(
    write: MappingWrite,
    { Item: item, $metadata }: ConditionalCheckFailedException,
  ): Promise<MappingWriteResult> {
    const current = item ? parseMapping(item) : await this.#readOne(write.key);
    const wasRepeated = $metadata.attempts !== 1;
    if (wasRepeated && isOwnSuccess(write, current)) return { kind: 'written', mapping: current };
    return { kind: 'conflict', current };
  }

  async #readOne(key: AssistantKey): Promise<AssistantMapping | undefined> {
    const { Item: item } = await this.#table.client.send(
      new GetItemCommand({ TableName: this.#table.name, ConsistentRead: true, Key: keyOf(key) }),
    );
    return item && parseMapping(item);
  }
}

function isOwnSuccess(write: MappingWrite, current: AssistantMapping | undefined): boolean {
  const { transition, token } = write;
  switch (TRANSITIONS[transition].to) {
    case 'claimed':
    case 'unresolved':
      return current?.claim?.token === token;
    case 'idle':
      return current?.finalisedBy === token || hasOnlyLostItsClaim(write, current);
    case 'absent':
      return current === undefined;
  }
}

/** A claim that is gone without a trace was given back by its holder: everybody else would have left a new revision. */
function hasOnlyLostItsClaim({ from }: MappingWrite, current: AssistantMapping | undefined): boolean {
  if (!from || !current || current.claim) return false;
  return (
    current.revision === from.revision &&
    current.createdAt === from.createdAt &&
    current.finalisedBy === from.finalisedBy
  );
}

function keyOf(key: AssistantKey): Item {
  return marshall({ pk: organisationPk(key.orgId), sk: mappingSk(key) });
}

interface Update {
  expression: string;
  names: Record<string, string>;
  values: Record<string, unknown>;
}

/** Sets what the change names, removes what it nulls, and leaves every other attribute to its owner. */
function updateOf({ key, transition, from, change, at }: MappingWrite): Update {
  const claims = TRANSITIONS[transition].to === 'claimed';
  const fields: Record<string, unknown> = {
    ...change,
    ...indexKeys(key.orgId, change),
    ...(claims ? { revision: (from?.revision ?? 0) + 1 } : {}),
    ...(from ? {} : { orgId: key.orgId, role: key.role, createdAt: at }),
    updatedAt: at,
  };
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const set = entries.filter(([, value]) => value !== null).map(([name]) => `#${name} = :new_${name}`);
  const removed = entries.filter(([, value]) => value === null).map(([name]) => `#${name}`);
  return {
    expression: `SET ${set.join(', ')}${removed.length > 0 ? ` REMOVE ${removed.join(', ')}` : ''}`,
    names: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
    values: Object.fromEntries(
      entries.filter(([, value]) => value !== null).map(([name, value]) => [`:new_${name}`, value]),
    ),
  };
}

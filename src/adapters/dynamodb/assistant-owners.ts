import { ConditionalCheckFailedException, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { type AssistantKey, ROLES } from '../../domain/configuration/assistant-key.ts';
import type { AssistantOwner, AssistantOwners } from '../../domain/mapping/assistant-owners.ts';
import type { Table } from './rows/claimed-rows.ts';
import { type ItemKey, readItem } from './rows/partition-items.ts';
import { readRow } from './rows/read-rows.ts';
import { assistantPk, indexKeys, ownerOfRow } from './rows/table-keys.ts';

const ownerSchema = z.object({ orgId: z.string(), role: z.enum(ROLES), token: z.string() });

const OWNER_SK = 'OWNER';

/** Owners in DynamoDB: one item for each assistant that was adopted or imported, besides the index of all mappings. */
export class DynamoAssistantOwners implements AssistantOwners {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async ownersOf(...[assistant, { orgId, scope }]: Parameters<AssistantOwners['ownersOf']>): Promise<AssistantKey[]> {
    const change = { scope, assistantId: assistant.id, assistantCreatedAt: assistant.createdAt };
    const { gsi1pk, gsi1sk } = indexKeys(orgId, change, undefined);
    const { Items = [] } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk = :sk',
        ExpressionAttributeValues: marshall({ ':pk': gsi1pk, ':sk': gsi1sk }),
      }),
    );
    return Items.map(ownerOfRow).flatMap(({ orgId, role }) => (role ? [{ orgId, role }] : []));
  }

  async own(...[assistantId, owner, from]: Parameters<AssistantOwners['own']>): ReturnType<AssistantOwners['own']> {
    const key = { pk: assistantPk(assistantId), sk: OWNER_SK };
    try {
      await this.#table.client.send(
        new PutItemCommand({
          TableName: this.#table.name,
          Item: marshall({ ...key, ...owner }),
          ConditionExpression: from
            ? '#token = :from'
            : 'attribute_not_exists(pk) OR (orgId = :orgId AND #role = :role)',
          ExpressionAttributeNames: from ? { '#token': 'token' } : { '#role': 'role' },
          ExpressionAttributeValues: marshall(
            from ? { ':from': from.token } : { ':orgId': owner.orgId, ':role': owner.role },
          ),
        }),
      );
      return { kind: 'owned' };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      const by = await this.#read(key);
      if (!by) return await this.own(assistantId, owner);
      // The SDK may have sent the write twice: the second one then fails on the success of the first.
      return by.token === owner.token ? { kind: 'owned' } : { kind: 'taken', by };
    }
  }

  async #read(key: ItemKey): Promise<AssistantOwner | undefined> {
    const item = await readItem(this.#table, key);
    return item && readRow(item, () => ownerSchema.parse(unmarshall(item)));
  }
}

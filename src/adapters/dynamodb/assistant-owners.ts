import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { AssistantOwners } from '../../domain/sync/import-assistant.ts';
import type { Table } from './claimed-rows.ts';
import { indexKeys, parseMapping } from './table-keys.ts';

/** Looks an assistant up in `gsi1`, which is written a moment after the rows themselves. */
export class DynamoAssistantOwners implements AssistantOwners {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async ownersOf(...[assistant, { orgId, scope }]: Parameters<AssistantOwners['ownersOf']>): Promise<AssistantKey[]> {
    const change = { scope, assistantId: assistant.id, assistantCreatedAt: assistant.createdAt };
    const { gsi1pk, gsi1sk } = indexKeys(orgId, change, true);
    const { Items = [] } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :pk AND gsi1sk = :sk',
        ExpressionAttributeValues: marshall({ ':pk': gsi1pk, ':sk': gsi1sk }),
      }),
    );
    return Items.map(parseMapping).map((mapping) => ({ orgId: mapping.orgId, role: mapping.role }));
  }
}

import { PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { AssistantMapping } from '../../domain/mapping/assistant-mapping.ts';
import type { OrganisationView } from '../../domain/mapping/organisation-view.ts';
import type { MappingStore, MappingWrite, MappingWriteResult } from '../../domain/mapping/stores.ts';
import { parseMapping, parseOrganisationRecord, storedFields } from './organisation-rows.ts';
import { ClaimedRows, type Table } from './rows/claimed-rows.ts';
import { readRows } from './rows/read-rows.ts';
import {
  type Item,
  indexKeys,
  mappingSk,
  ORGANISATION_SK,
  OWN_ACCOUNTS_PK,
  organisationPk,
  unreadableMapping,
} from './rows/table-keys.ts';

/** Mappings in DynamoDB: one consistent query reads an organisation, single-item conditional writes change a row. */
export class DynamoMappingStore implements MappingStore {
  readonly #table: Table;
  readonly #rows: ClaimedRows<AssistantMapping>;

  constructor(table: Table) {
    this.#table = table;
    this.#rows = new ClaimedRows(table, parseMapping);
  }

  /** One Query: the mappings sort before the organisation record, the (large) configurations after it. */
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
    const records = readRows(Items.filter(isRecord), parseOrganisationRecord);
    const mappings = readRows(
      Items.filter((item) => item.sk?.S?.startsWith('ASSISTANT#')),
      parseMapping,
    );
    return {
      record: records.rows[0],
      mappings: mappings.rows,
      unreadable: [...records.unreadable, ...mappings.unreadable].map(unreadableMapping),
    };
  }

  async write({ key, change, from, ...write }: MappingWrite): Promise<MappingWriteResult> {
    if (change.claim?.scope === 'org' && from?.scope !== 'org') await this.#registerOwnAccount(key, write.at);
    return await this.#rows.write({
      ...write,
      key: keyOf(key),
      from,
      named: { attribute: 'assistantId', value: from?.assistantId },
      fields: { ...storedFields(change), ...indexKeys(key.orgId, change, from?.assistantId) },
      firstFields: { orgId: key.orgId, role: key.role },
    });
  }

  /**
   * Registers the own account of an organisation before anything is made there: drift runs must know every account that
   * may hold something of ours.
   */
  async #registerOwnAccount({ orgId }: AssistantKey, at: string): Promise<void> {
    const item = marshall({ pk: OWN_ACCOUNTS_PK, sk: orgId, at });
    await this.#table.client.send(new PutItemCommand({ TableName: this.#table.name, Item: item }));
  }
}

function keyOf(key: AssistantKey): Item {
  return marshall({ pk: organisationPk(key.orgId), sk: mappingSk(key) });
}

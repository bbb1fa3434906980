import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AssistantKey } from '../domain/assistant-key.ts';
import type {
  AssistantMapping,
  MappingStore,
  MappingWrite,
  MappingWriteResult,
  OrganisationView,
} from '../domain/assistant-mapping.ts';
import { ClaimedRows, type Table } from './claimed-rows.ts';
import {
  type Item,
  indexKeys,
  mappingSk,
  ORGANISATION_SK,
  organisationPk,
  parseMapping,
  parseOrganisationRecord,
} from './mapping-item.ts';

/** Mappings in DynamoDB: one consistent query reads an organisation, single-item conditional writes change a row. */
export class DynamoMappingStore implements MappingStore {
  readonly #table: Table;
  readonly #rows: ClaimedRows<AssistantMapping>;

  constructor(table: Table) {
    this.#table = table;
    this.#rows = new ClaimedRows(table, parseMapping);
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

  async write({ key, change, from, ...write }: MappingWrite): Promise<MappingWriteResult> {
    const result = await this.#rows.write({
      ...write,
      key: keyOf(key),
      from,
      named: { attribute: 'assistantId', value: from?.assistantId },
      fields: { ...change, ...indexKeys(key.orgId, change) },
      firstFields: { orgId: key.orgId, role: key.role },
    });
    return result.kind === 'written' ? { kind: 'written', mapping: result.row } : result;
  }
}

function keyOf(key: AssistantKey): Item {
  return marshall({ pk: organisationPk(key.orgId), sk: mappingSk(key) });
}

import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { OrganisationRecord } from '../../domain/account/organisation-record.ts';
import type { OrganisationStore, StoredOrganisation } from '../../domain/account/organisation-settings.ts';
import { parseOrganisationRecord } from './organisation-rows.ts';
import type { Table } from './rows/claimed-rows.ts';
import { type ItemKey, readItem } from './rows/partition-items.ts';
import { type Item, ORGANISATION_SK, organisationPk } from './rows/table-keys.ts';

const FIELDS = ['vapiAssistantId', 'vapiPhoneNumberId', 'driftMode', 'driftIgnore'] as const;

/** Organisation records in DynamoDB. Other attributes of the row are left alone. */
export class DynamoOrganisationStore implements OrganisationStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(orgId: string): Promise<StoredOrganisation | undefined> {
    const item = await readItem(this.#table, keyOf(orgId));
    return item && { record: readable(item), revision: Number(item.revision?.N ?? 0) };
  }

  async replace(orgId: string, from: StoredOrganisation | undefined, record: OrganisationRecord): Promise<boolean> {
    const given = FIELDS.filter((name) => record[name] !== undefined);
    const absent = FIELDS.filter((name) => record[name] === undefined);
    const revision = (from?.revision ?? 0) + 1;
    try {
      await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.name,
          Key: marshall(keyOf(orgId)),
          UpdateExpression: [
            `SET #revision = :next${given.map((name) => `, ${name} = :${name}`).join('')}`,
            ...(absent.length > 0 ? [`REMOVE ${absent.join(', ')}`] : []),
          ].join(' '),
          ConditionExpression: conditionOf(from),
          ExpressionAttributeNames: { '#revision': 'revision' },
          ExpressionAttributeValues: marshall({
            ':next': revision,
            ...(from && from.revision > 0 ? { ':read': from.revision } : {}),
            ...Object.fromEntries(given.map((name) => [`:${name}`, record[name]])),
          }),
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return await this.#isWritten(orgId, { record, revision }, error.$metadata.attempts);
    }
  }

  /** The SDK may have sent the write twice: the second one then fails on the success of the first. */
  async #isWritten(orgId: string, wanted: StoredOrganisation, attempts = 1): Promise<boolean> {
    if (attempts === 1) return false;
    const current = await this.read(orgId);
    return JSON.stringify(current) === JSON.stringify(wanted);
  }
}

/** The record without unreadable ids: these stop a sync, and a PUT of the record replaces them. */
function readable({ vapiAssistantId, vapiPhoneNumberId, ...item }: Item) {
  return parseOrganisationRecord({
    ...item,
    ...(vapiAssistantId?.S ? { vapiAssistantId } : {}),
    ...(vapiPhoneNumberId?.S ? { vapiPhoneNumberId } : {}),
  });
}

function keyOf(orgId: string): ItemKey {
  return { pk: organisationPk(orgId), sk: ORGANISATION_SK };
}

/** Rows older than revisions have none. */
function conditionOf(from: StoredOrganisation | undefined): string {
  if (!from) return 'attribute_not_exists(pk)';
  return from.revision > 0 ? '#revision = :read' : 'attribute_exists(pk) AND attribute_not_exists(#revision)';
}

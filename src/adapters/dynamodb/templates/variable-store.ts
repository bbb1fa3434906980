import { ConditionalCheckFailedException, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { isJsonObject, type JsonObject } from '../../../domain/json.ts';
import type { VariableStore } from '../../../domain/templates/template.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { type ItemKey, readItem } from '../rows/partition-items.ts';
import { readRow } from '../rows/read-rows.ts';
import { type Item, organisationPk } from '../rows/table-keys.ts';

const rowSchema = z.object({ given: z.string() });
const valuesSchema = z.custom<JsonObject>(isJsonObject);

/** The variables of organisations in DynamoDB: one item each, whose key sorts after what a sync reads. */
export class DynamoVariableStore implements VariableStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async read(orgId: string): Promise<JsonObject> {
    const item = await readItem(this.#table, keyOf(orgId));
    return item ? readRow(item, valuesOf) : {};
  }

  /** JSON text, so that it comes back unchanged. */
  async replace(orgId: string, values: JsonObject, from?: JsonObject): Promise<boolean> {
    const given = JSON.stringify(values);
    try {
      await this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.name,
          Key: marshall(keyOf(orgId)),
          UpdateExpression: 'SET given = :given',
          ...(from ? { ConditionExpression: conditionOf(from) } : {}),
          ExpressionAttributeValues: marshall({ ':given': given, ...(from ? { ':from': JSON.stringify(from) } : {}) }),
        }),
      );
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // A write that the SDK has repeated fails on its own success.
      return error.$metadata.attempts !== 1 && JSON.stringify(await this.read(orgId)) === given;
    }
  }
}

/** An organisation that never gave any has none. */
function conditionOf(from: JsonObject): string {
  return Object.keys(from).length === 0 ? 'given = :from OR attribute_not_exists(given)' : 'given = :from';
}

function valuesOf(item: Item): JsonObject {
  return valuesSchema.parse(JSON.parse(rowSchema.parse(unmarshall(item)).given));
}

function keyOf(orgId: string): ItemKey {
  return { pk: organisationPk(orgId), sk: 'VARIABLES' };
}

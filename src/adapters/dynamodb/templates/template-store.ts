import { ConditionalCheckFailedException, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { ROLES } from '../../../domain/configuration/assistant-key.ts';
import { ID } from '../../../domain/configuration/id.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../domain/json.ts';
import {
  type Template,
  type TemplateHead,
  type TemplateStore,
  VARIABLE_TYPES,
} from '../../../domain/templates/template.ts';
import type { Table } from '../rows/claimed-rows.ts';
import { cursorOf, positionIn } from '../rows/cursor.ts';
import { accepted, readItem, readPage } from '../rows/partition-items.ts';
import { readRow } from '../rows/read-rows.ts';
import { type Item, MARSHALLING } from '../rows/table-keys.ts';

/** Partition of the list of all templates; the sort key is the id. */
const LIST_PK = 'TEMPLATES';

const VERSION_PREFIX = 'VERSION#';

const contentSchema = z.object({
  description: z.exactOptional(z.string()),
  roles: z.exactOptional(z.array(z.enum(ROLES))),
  variables: z.record(
    z.string(),
    z.object({
      type: z.enum(VARIABLE_TYPES),
      required: z.exactOptional(z.boolean()),
      default: z.exactOptional(z.custom<Json>((value) => value !== undefined)),
    }),
  ),
  assistant: z.custom<JsonObject>(isJsonObject),
});

const versionSchema = z.object({ templateId: z.string(), version: z.number(), hash: z.string(), content: z.string() });

const headSchema = z.object({
  templateId: z.string(),
  version: z.number(),
  hash: z.string(),
  description: z.exactOptional(z.string()),
  roles: z.exactOptional(z.array(z.enum(ROLES))),
});

/** Templates in DynamoDB: one item per version, which never changes, and one per template for the list. */
export class DynamoTemplateStore implements TemplateStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async newest(templateId: string): Promise<Template | undefined> {
    const query = { pk: templatePk(templateId), prefix: VERSION_PREFIX, descending: true, limit: 1 };
    const [item] = (await readPage(this.#table, query)).items;
    return item && templateOf(item);
  }

  async version(templateId: string, version: number): Promise<Template | undefined> {
    const item = await readItem(this.#table, { pk: templatePk(templateId), sk: versionSk(version) });
    return item && templateOf(item);
  }

  /** The content is JSON text, so that it comes back unchanged. */
  async add({ templateId, version, hash, content }: Template): Promise<boolean> {
    const key = { pk: templatePk(templateId), sk: versionSk(version) };
    const item = { ...key, templateId, version, hash, content: JSON.stringify(content) };
    try {
      await this.#put(item, { condition: 'attribute_not_exists(pk)' });
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (error.$metadata.attempts === 1) return false;
      // The SDK may have sent the write twice: the second one then fails on the success of the first.
      return (await this.version(templateId, version))?.hash === hash;
    }
  }

  async show(head: TemplateHead): Promise<void> {
    const item = { pk: LIST_PK, sk: head.templateId, ...head };
    const condition = 'attribute_not_exists(pk) OR version < :version';
    await accepted(this.#put(item, { condition, values: { ':version': head.version } }));
  }

  async list({ limit, after }: Parameters<TemplateStore['list']>[0]): ReturnType<TemplateStore['list']> {
    const { Items = [], LastEvaluatedKey } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: marshall({ ':pk': LIST_PK }),
        Limit: limit,
        ExclusiveStartKey:
          after === undefined ? undefined : marshall({ pk: LIST_PK, sk: positionIn(after, (id) => ID.test(id)) }),
      }),
    );
    const last = LastEvaluatedKey?.sk?.S;
    const items = Items.map((item) => readRow(item, () => headSchema.parse(unmarshall(item))));
    return { items, next: last && cursorOf(last) };
  }

  async #put(
    item: Readonly<Record<string, unknown>>,
    { condition, values }: { condition: string; values?: Record<string, unknown> },
  ): Promise<void> {
    await this.#table.client.send(
      new PutItemCommand({
        TableName: this.#table.name,
        Item: marshall(item, MARSHALLING),
        ConditionExpression: condition,
        ...(values ? { ExpressionAttributeValues: marshall(values) } : {}),
      }),
    );
  }
}

function templatePk(templateId: string): string {
  return `TEMPLATE#${templateId}`;
}

function versionSk(version: number): string {
  return `${VERSION_PREFIX}${String(version).padStart(8, '0')}`;
}

function templateOf(item: Item): Template {
  return readRow(item, () => {
    const { content, ...version } = versionSchema.parse(unmarshall(item));
    return { ...version, content: contentSchema.parse(JSON.parse(content)) };
  });
}

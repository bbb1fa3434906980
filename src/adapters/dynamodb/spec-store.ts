import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { Configuration } from '../../domain/configuration/configuration.ts';
import { eachToItsEnd } from '../../domain/each-to-its-end.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { SpecStore, SpecToStore } from '../../domain/mapping/stores.ts';
import type { Table } from './rows/claimed-rows.ts';
import { itemsOf } from './rows/partition-items.ts';
import { type Item, MARSHALLING, organisationPk } from './rows/table-keys.ts';

/** Requests at the same time when many items are removed. */
export const REMOVALS = { concurrency: 10 } as const;

const specSchema = z.object({ payload: z.string(), tools: z._default(z.string(), '[]') });

const SAVING =
  'SET payload = :payload, tools = :tools, summary = :summary, savedAt = :at, createdAt = if_not_exists(createdAt, :at)';

/**
 * Applied configurations in DynamoDB, one item for each content. The payload is JSON text, so that it comes back
 * unchanged.
 */
export class DynamoSpecStore implements SpecStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async save(key: AssistantKey, { specHash, payload, tools, summary, at, appliedBefore }: SpecToStore): Promise<void> {
    const values = {
      ':payload': JSON.stringify(payload),
      ':tools': JSON.stringify(tools),
      ':summary': summary,
      ':at': at,
      ...(appliedBefore.length > 0 ? { ':before': new Set(appliedBefore) } : {}),
    };
    await this.#table.client.send(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: specKey(key, specHash),
        UpdateExpression: `${SAVING}${appliedBefore.length > 0 ? ' ADD appliedBefore :before' : ''}`,
        ExpressionAttributeValues: marshall(values, MARSHALLING),
      }),
    );
  }

  async load(key: AssistantKey, specHash: string): Promise<Configuration | undefined> {
    const { Item: item } = await this.#table.client.send(
      new GetItemCommand({ TableName: this.#table.name, ConsistentRead: true, Key: specKey(key, specHash) }),
    );
    return item && configurationOf(item);
  }

  async removeAll(key: AssistantKey): Promise<void> {
    const specs = { pk: organisationPk(key.orgId), prefix: specPrefix(key), attributes: ['pk', 'sk'] };
    const keys: Item[] = [];
    for await (const key of itemsOf(this.#table, specs)) keys.push(key);
    const remove = (Key: Item) => this.#table.client.send(new DeleteItemCommand({ TableName: this.#table.name, Key }));
    await eachToItsEnd(keys, remove, REMOVALS);
  }
}

/** Reads the item of a configuration. */
export function configurationOf(item: Item): Configuration | undefined {
  const texts = specSchema.safeParse(unmarshall(item));
  return texts.success ? parseConfiguration(texts.data) : undefined;
}

/** A damaged configuration counts as lost. The parser's message quotes it, prompts included, and is dropped. */
function parseConfiguration(texts: z.infer<typeof specSchema>): Configuration | undefined {
  try {
    const payload: unknown = JSON.parse(texts.payload);
    const tools: unknown = JSON.parse(texts.tools);
    if (!isJsonObject(payload) || !Array.isArray(tools)) return undefined;
    return { payload, tools: tools.filter(isJsonObject) };
  } catch {
    return undefined;
  }
}

/** How the sort keys of an assistant's configurations begin; the rest is the hash. */
export function specPrefix({ role }: AssistantKey): string {
  return `SPEC#${role}#`;
}

/** Primary key of a configuration. */
export function specKey(key: AssistantKey, specHash: string): Item {
  return marshall({ pk: organisationPk(key.orgId), sk: `${specPrefix(key)}${specHash}` });
}

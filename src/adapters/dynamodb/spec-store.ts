import { DeleteItemCommand, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import pMap from 'p-map';
import * as z from 'zod/mini';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { Configuration } from '../../domain/configuration/configuration.ts';
import { isJsonObject } from '../../domain/json.ts';
import type { SpecStore } from '../../domain/mapping/assistant-mapping.ts';
import type { Table } from './claimed-rows.ts';
import { itemsOf } from './partition-items.ts';
import { type Item, organisationPk } from './table-keys.ts';

/** Requests at the same time when much is removed. */
export const REMOVALS = { concurrency: 10 } as const;

const specSchema = z.object({ payload: z.string(), tools: z._default(z.string(), '[]') });

/**
 * Applied configurations in DynamoDB, one item per content. The payload is JSON text, so that it comes back to the
 * letter.
 */
export class DynamoSpecStore implements SpecStore {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async save(key: AssistantKey, spec: Configuration & { specHash: string; at: string }): Promise<void> {
    const texts = { ':payload': JSON.stringify(spec.payload), ':tools': JSON.stringify(spec.tools) };
    await this.#table.client.send(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: specKey(key, spec.specHash),
        UpdateExpression:
          'SET payload = :payload, tools = :tools, savedAt = :at, createdAt = if_not_exists(createdAt, :at)',
        ExpressionAttributeValues: marshall({ ...texts, ':at': spec.at }),
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
    await pMap(keys, remove, REMOVALS);
  }
}

/** Reads the item of a configuration. */
export function configurationOf(item: Item): Configuration | undefined {
  const texts = specSchema.safeParse(unmarshall(item));
  return texts.success ? parseConfiguration(texts.data) : undefined;
}

/** A damaged configuration is as good as none. The parser's message quotes it, prompt and all: it goes no further. */
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

/** Primary key of a configuration, or of an item that belongs to it and goes with it. */
export function specKey(key: AssistantKey, specHash: string, part = ''): Item {
  return marshall({ pk: organisationPk(key.orgId), sk: `${specPrefix(key)}${specHash}${part}` });
}

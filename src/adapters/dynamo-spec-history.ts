import { ConditionalCheckFailedException, DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { AssistantKey } from '../domain/assistant-key.ts';
import type { SpecHistory, SpecSummary, StoredSpec } from '../domain/spec-history.ts';
import type { Table } from './claimed-rows.ts';
import { specKey, specPrefix } from './dynamo-spec-store.ts';
import { organisationPk } from './mapping-item.ts';
import { itemsOf } from './partition-items.ts';

const text = z.exactOptional(z.string());

const storedSchema = z.object({
  sk: z.string(),
  savedAt: z.string(),
  appliedAt: text,
  firstAppliedAt: text,
  summary: z.exactOptional(z.object({ name: text, model: text, voice: text })),
});

/** When configurations were applied: attributes of the very items that hold them, so that they go with them. */
export class DynamoSpecHistory implements SpecHistory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async noteApplied(
    key: AssistantKey,
    { specHash, at, summary }: { specHash: string; at: string; summary: SpecSummary },
  ): Promise<void> {
    await this.#unlessRefused(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: specKey(key, specHash),
        ConditionExpression: 'attribute_exists(pk)',
        UpdateExpression:
          'SET appliedAt = :at, firstAppliedAt = if_not_exists(firstAppliedAt, :at), #summary = :summary',
        ExpressionAttributeNames: { '#summary': 'summary' },
        ExpressionAttributeValues: marshall({ ':at': at, ':summary': summary }),
      }),
    );
  }

  async list(key: AssistantKey): Promise<StoredSpec[]> {
    const specs: StoredSpec[] = [];
    // Not the content: that is large, and holds prompts.
    const attributes = ['sk', 'savedAt', 'appliedAt', 'firstAppliedAt', 'summary'];
    const prefix = specPrefix(key);
    for await (const item of itemsOf(this.#table, { pk: organisationPk(key.orgId), prefix, attributes })) {
      const { sk, ...stored } = storedSchema.parse(unmarshall(item));
      specs.push({ specHash: sk.slice(prefix.length), ...stored });
    }
    return specs;
  }

  async remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void> {
    for (const { specHash, savedAt } of specs) {
      await this.#unlessRefused(
        new DeleteItemCommand({
          TableName: this.#table.name,
          Key: specKey(key, specHash),
          ConditionExpression: 'savedAt = :listed',
          ExpressionAttributeValues: marshall({ ':listed': savedAt }),
        }),
      );
    }
  }

  /** A condition that does not hold means that there is nothing to do. */
  async #unlessRefused(command: UpdateItemCommand | DeleteItemCommand): Promise<void> {
    try {
      if (command instanceof UpdateItemCommand) await this.#table.client.send(command);
      else await this.#table.client.send(command);
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

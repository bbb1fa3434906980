import { ConditionalCheckFailedException, DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import pMap from 'p-map';
import * as z from 'zod/mini';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { SpecSummary } from '../../domain/configuration/summary.ts';
import type { SpecHistory, StoredSpec } from '../../domain/history/history.ts';
import type { Table } from './claimed-rows.ts';
import { itemsOf } from './partition-items.ts';
import { REMOVALS, specKey, specPrefix } from './spec-store.ts';
import { type Item, MARSHALLING, organisationPk } from './table-keys.ts';

const text = z.exactOptional(z.string());

const appliedSchema = z.object({
  appliedAt: text,
  firstAppliedAt: text,
  summary: z.exactOptional(z.object({ name: text, model: text, voice: text })),
});
/** Rows from before the notes hold all of it themselves. */
const storedSchema = z.extend(appliedSchema, { savedAt: z.string() });

/** End of the sort key of a note that a configuration was applied. */
const NOTE = '#applied';

/**
 * When configurations were applied: a small item beside each, as writing to the one that holds the content costs by the
 * length of its prompt.
 */
export class DynamoSpecHistory implements SpecHistory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async noteApplied(
    key: AssistantKey,
    { specHash, at, summary }: { specHash: string; at: string; summary: SpecSummary },
  ): Promise<void> {
    await this.#table.client.send(
      new UpdateItemCommand({
        TableName: this.#table.name,
        Key: specKey(key, specHash, NOTE),
        UpdateExpression:
          'SET appliedAt = :at, firstAppliedAt = if_not_exists(firstAppliedAt, :at), #summary = :summary',
        ExpressionAttributeNames: { '#summary': 'summary' },
        ExpressionAttributeValues: marshall({ ':at': at, ':summary': summary }, MARSHALLING),
      }),
    );
  }

  async list(key: AssistantKey): Promise<StoredSpec[]> {
    const specs = new Map<string, StoredSpec>();
    const notes = new Map<string, z.infer<typeof appliedSchema>>();
    // Not the content: that is large, and holds prompts.
    const attributes = ['sk', 'savedAt', 'appliedAt', 'firstAppliedAt', 'summary'];
    const prefix = specPrefix(key);
    for await (const item of itemsOf(this.#table, { pk: organisationPk(key.orgId), prefix, attributes })) {
      const { sk, ...found } = unmarshall(item);
      const part = String(sk).slice(prefix.length);
      if (part.endsWith(NOTE)) notes.set(part.slice(0, -NOTE.length), appliedSchema.parse(found));
      else specs.set(part, { specHash: part, ...storedSchema.parse(found) });
    }
    // A note without its configuration is of one that was removed while it was made.
    return [...specs.values()].map((spec) => ({ ...spec, ...notes.get(spec.specHash) }));
  }

  async remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void> {
    const remove = async ({ specHash, savedAt }: StoredSpec) => {
      const isGone = await this.#removeIfSavedAt(specKey(key, specHash), savedAt);
      if (!isGone) return;
      const note = { TableName: this.#table.name, Key: specKey(key, specHash, NOTE) };
      await this.#table.client.send(new DeleteItemCommand(note));
    };
    await pMap(specs, remove, REMOVALS);
  }

  /** False for one that was saved again meanwhile. */
  async #removeIfSavedAt(key: Item, savedAt: string): Promise<boolean> {
    try {
      await this.#table.client.send(
        new DeleteItemCommand({
          TableName: this.#table.name,
          Key: key,
          ConditionExpression: 'attribute_not_exists(pk) OR savedAt = :listed',
          ExpressionAttributeValues: marshall({ ':listed': savedAt }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

import { ConditionalCheckFailedException, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import pMap from 'p-map';
import * as z from 'zod/mini';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import type { SpecHistory, StoredSpec } from '../../domain/history/history.ts';
import type { Table } from './claimed-rows.ts';
import { itemsOf } from './partition-items.ts';
import { REMOVALS, specKey, specPrefix } from './spec-store.ts';
import { organisationPk } from './table-keys.ts';

const text = z.exactOptional(z.string());

const summarySchema = z.exactOptional(z.object({ name: text, model: text, voice: text }));

const storedSchema = z.object({
  savedAt: z.string(),
  createdAt: text,
  summary: summarySchema,
  applied: z._default(z.set(z.string()), new Set<string>()),
  // Items of before version 0.1.0.
  appliedAt: text,
});

/** Up to version 0.1.0 an item of its own beside a configuration said that this was applied. */
const NOTE = '#applied';
const noteSchema = z.object({ summary: summarySchema });

/** The stored configurations in DynamoDB, and which of them were applied. */
export class DynamoSpecHistory implements SpecHistory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async list(key: AssistantKey): Promise<StoredSpec[]> {
    const specs = new Map<string, z.infer<typeof storedSchema>>();
    const notes = new Map<string, z.infer<typeof noteSchema>>();
    // Not the content: that is large, and holds prompts.
    const attributes = ['sk', 'savedAt', 'createdAt', 'summary', 'applied', 'appliedAt'];
    const prefix = specPrefix(key);
    for await (const item of itemsOf(this.#table, { pk: organisationPk(key.orgId), prefix, attributes })) {
      const { sk, ...found } = unmarshall(item);
      const part = String(sk).slice(prefix.length);
      if (part.endsWith(NOTE)) notes.set(part.slice(0, -NOTE.length), noteSchema.parse(found));
      else specs.set(part, storedSchema.parse(found));
    }
    const applied = new Set([...specs.values()].flatMap((spec) => [...spec.applied]));
    return [...specs].map(([specHash, { savedAt, createdAt = savedAt, summary, appliedAt }]) => {
      const note = notes.get(specHash);
      const isApplied = applied.has(specHash) || note !== undefined || appliedAt !== undefined;
      const described = summary ?? note?.summary;
      const times = { savedAt, firstSavedAt: createdAt };
      return { specHash, ...times, applied: isApplied, ...(described ? { summary: described } : {}) };
    });
  }

  async remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void> {
    await pMap(specs, (spec) => this.#remove(key, spec), REMOVALS);
  }

  /** Not one that was saved again meanwhile. */
  async #remove(key: AssistantKey, { specHash, savedAt }: StoredSpec): Promise<void> {
    try {
      await this.#table.client.send(
        new DeleteItemCommand({
          TableName: this.#table.name,
          Key: specKey(key, specHash),
          ConditionExpression: 'attribute_not_exists(pk) OR savedAt = :listed',
          ExpressionAttributeValues: marshall({ ':listed': savedAt }),
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

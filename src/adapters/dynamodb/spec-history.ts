import { ConditionalCheckFailedException, DeleteItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { AssistantKey } from '../../domain/configuration/assistant-key.ts';
import { eachToItsEnd } from '../../domain/each-to-its-end.ts';
import type { SpecHistory, StoredSpec } from '../../domain/history/history.ts';
import type { Table } from './rows/claimed-rows.ts';
import { itemsOf } from './rows/partition-items.ts';
import { readRow } from './rows/read-rows.ts';
import { type Item, organisationPk } from './rows/table-keys.ts';
import { REMOVALS, specKey, specPrefix } from './spec-store.ts';

const text = z.exactOptional(z.string());

const summarySchema = z.exactOptional(z.object({ name: text, model: text, voice: text }));

const storedSchema = z.object({
  savedAt: z.string(),
  createdAt: text,
  summary: summarySchema,
  appliedBefore: z._default(z.set(z.string()), new Set<string>()),
  // Only in items older than version 0.1.0.
  appliedAt: text,
});

/** Up to version 0.1.0 a separate item said that a configuration was applied. */
const NOTE = '#applied';
const noteSchema = z.object({ summary: summarySchema });

const storedOf = (item: Item) => storedSchema.parse(unmarshall(item));
const noteOf = (item: Item) => noteSchema.parse(unmarshall(item));

/** The stored configurations in DynamoDB, and which of them were applied. */
export class DynamoSpecHistory implements SpecHistory {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async list(key: AssistantKey): Promise<StoredSpec[]> {
    const specs = new Map<string, z.infer<typeof storedSchema>>();
    const notes = new Map<string, z.infer<typeof noteSchema>>();
    // Without the content, which is large and holds prompts.
    const attributes = ['pk', 'sk', 'savedAt', 'createdAt', 'summary', 'appliedBefore', 'appliedAt'];
    const prefix = specPrefix(key);
    for await (const item of itemsOf(this.#table, { pk: organisationPk(key.orgId), prefix, attributes })) {
      const part = String(item.sk?.S).slice(prefix.length);
      // An unreadable item is not skipped: what it says of others decides which of them are removed.
      if (part.endsWith(NOTE)) notes.set(part.slice(0, -NOTE.length), readRow(item, noteOf));
      else specs.set(part, readRow(item, storedOf));
    }
    const applied = new Set([...specs.values()].flatMap((spec) => [...spec.appliedBefore]));
    return [...specs].map(([specHash, { savedAt, createdAt = savedAt, appliedAt, ...spec }]) => {
      const note = notes.get(specHash);
      const isApplied = applied.has(specHash) || note !== undefined || appliedAt !== undefined;
      const summary = spec.summary ?? note?.summary;
      const appliedBefore = [...spec.appliedBefore];
      const described = summary ? { summary } : {};
      return { specHash, savedAt, firstSavedAt: createdAt, applied: isApplied, appliedBefore, ...described };
    });
  }

  async remove(key: AssistantKey, specs: readonly StoredSpec[]): Promise<void> {
    await eachToItsEnd(specs, (spec) => this.#remove(key, spec), REMOVALS);
  }

  async forget(key: AssistantKey, { specHash, savedAt }: StoredSpec, hashes: readonly string[]): Promise<void> {
    await unlessRefused(
      this.#table.client.send(
        new UpdateItemCommand({
          TableName: this.#table.name,
          Key: specKey(key, specHash),
          // Otherwise a configuration that was removed meanwhile would come back without its content, and one that was
          // saved again would lose what it now says was applied before it.
          ConditionExpression: 'savedAt = :listed',
          UpdateExpression: 'DELETE appliedBefore :hashes',
          ExpressionAttributeValues: marshall({ ':listed': savedAt, ':hashes': new Set(hashes) }),
        }),
      ),
    );
  }

  /** Removes a configuration, unless it was saved again meanwhile. */
  async #remove(key: AssistantKey, { specHash, savedAt }: StoredSpec): Promise<void> {
    await unlessRefused(
      this.#table.client.send(
        new DeleteItemCommand({
          TableName: this.#table.name,
          Key: specKey(key, specHash),
          ConditionExpression: 'attribute_not_exists(pk) OR savedAt = :listed',
          ExpressionAttributeValues: marshall({ ':listed': savedAt }),
        }),
      ),
    );
  }
}

/** Waits for a write, and accepts that its condition did not hold. */
async function unlessRefused(writing: Promise<unknown>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}

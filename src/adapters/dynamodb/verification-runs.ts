import { DeleteItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { VerificationRun, VerificationRuns } from '../../domain/verification/run.ts';
import type { Table } from './rows/claimed-rows.ts';
import { readRow } from './rows/read-rows.ts';
import { OWN_ACCOUNTS_PK } from './rows/table-keys.ts';

const PK = 'VERIFICATION';

const runSchema = z.lazy(() =>
  z.object({
    runId: z.string(),
    organisations: z.array(z.string()),
    toolHashes: z.array(z.string()),
    startedAt: z.string(),
    endsBefore: z.string(),
  }),
);

/** The most open runs that are read: the oldest come first, and the next run reads the rest. */
const PAGE = 50;

/** The open verification runs in DynamoDB, one item each, all under one partition key. */
export class DynamoVerificationRuns implements VerificationRuns {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async open(run: VerificationRun): Promise<void> {
    const Item = marshall({ ...keyOf(run), ...run });
    await this.#table.client.send(new PutItemCommand({ TableName: this.#table.name, Item }));
  }

  /** Oldest first. */
  async list(): Promise<VerificationRun[]> {
    const { Items = [] } = await this.#table.client.send(
      new QueryCommand({
        TableName: this.#table.name,
        ConsistentRead: true,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: marshall({ ':pk': PK }),
        Limit: PAGE,
      }),
    );
    return Items.map((item) => readRow(item, () => runSchema.parse(unmarshall(item))));
  }

  /** Also removes the own accounts of its organisations: these are gone, and no drift run should look for them. */
  async close(run: VerificationRun): Promise<void> {
    const accounts = run.organisations.map((orgId) => ({ pk: OWN_ACCOUNTS_PK, sk: orgId }));
    await Promise.all(accounts.map((key) => this.#remove(key)));
    await this.#remove(keyOf(run));
  }

  async #remove(key: { pk: string; sk: string }): Promise<void> {
    await this.#table.client.send(new DeleteItemCommand({ TableName: this.#table.name, Key: marshall(key) }));
  }
}

/** Sorts by the start of the run: times of one length sort as text. */
function keyOf({ startedAt, runId }: VerificationRun): { pk: string; sk: string } {
  return { pk: PK, sk: `RUN#${startedAt}#${runId}` };
}

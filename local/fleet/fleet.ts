import { randomUUID } from 'node:crypto';
import { BatchWriteItemCommand, type DynamoDBClient, type WriteRequest } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { indexKeys, mappingSk, OWN_ACCOUNTS_PK, organisationPk } from '../../src/adapters/dynamodb/rows/table-keys.ts';
import { specKey } from '../../src/adapters/dynamodb/spec-store.ts';
import { ApiKey } from '../../src/domain/account/api-key.ts';
import type { AssistantKey } from '../../src/domain/configuration/assistant-key.ts';
import { desiredFrom, ownership } from '../../src/domain/configuration/configuration.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type AssistantMapping, NO_TOOLS } from '../../src/domain/mapping/assistant-mapping.ts';
import type { VapiStandIn } from '../vapi/stand-in.ts';

/** Where a fleet is put: the table and the Vapi stand-in of one stack, and the deployment that owns it. */
export type FleetGround = {
  dynamo: DynamoDBClient;
  tableName: string;
  vapi: VapiStandIn;
  deployment: string;
};

/** One assistant of a fleet. `account`: Vapi's id of its account, which `apiKey` opens. */
export type FleetMember = {
  key: AssistantKey;
  scope: 'platform' | 'org';
  account: string;
  apiKey: string;
  /** Epoch ms. */
  createdAt: number;
  config: JsonObject;
  /** What Vapi has instead of the configuration, or that it has nothing. */
  live?: JsonObject | 'gone';
};

/** The most items in one request to DynamoDB. */
const BATCH = 25;
const PARALLEL = 4;

/**
 * Puts mapped assistants into the table and the stand-in, as if they had been synced long ago: what thousands of calls
 * of `sync` would leave, in seconds. Returns their ids at Vapi in the order given.
 */
export async function seedFleet(ground: FleetGround, members: readonly FleetMember[]): Promise<string[]> {
  const ids: string[] = [];
  const requests = new Map<string, WriteRequest>();
  for (const member of members) {
    const { payload, specHash } = desiredFrom({
      payload: { ...member.config, metadata: ownership(member.key, ground.deployment) },
      tools: [],
    });
    const { account, createdAt, live = {} } = member;
    const assistantId = randomUUID();
    if (live !== 'gone') ground.vapi.seedAssistant(account, { ...payload, ...live }, { id: assistantId, createdAt });
    ids.push(assistantId);
    for (const Item of itemsOf(member, { assistantId, specHash, payload })) {
      requests.set(`${Item.pk?.S} ${Item.sk?.S}`, { PutRequest: { Item } });
    }
  }
  await writeAll(ground, [...requests.values()]);
  return ids;
}

type Applied = { assistantId: string; specHash: string; payload: JsonObject };

function itemsOf(member: FleetMember, { assistantId, specHash, payload }: Applied) {
  const { key, scope, account, apiKey } = member;
  const at = new Date(member.createdAt).toISOString();
  const mapping: AssistantMapping = {
    ...key,
    revision: 1,
    assistantId,
    assistantCreatedAt: at,
    scope,
    vapiOrgId: account,
    keyFingerprint: ApiKey.clean(apiKey)?.fingerprint ?? '',
    specHash,
    attempted: [],
    tools: NO_TOOLS,
    live: { state: 'current' },
    formerNumbers: [],
    retiring: [],
    createdAt: at,
    updatedAt: at,
  };
  const index = indexKeys(key.orgId, { scope, assistantId, assistantCreatedAt: at }, assistantId);
  const row = { pk: organisationPk(key.orgId), sk: mappingSk(key), ...mapping, ...index };
  const spec = { payload: JSON.stringify(payload), tools: '[]', savedAt: at, createdAt: at };
  const own = scope === 'org' ? [marshall({ pk: OWN_ACCOUNTS_PK, sk: key.orgId, at })] : [];
  return [marshall(row), { ...specKey(key, specHash), ...marshall(spec) }, ...own];
}

async function writeAll({ dynamo, tableName }: FleetGround, requests: readonly WriteRequest[]): Promise<void> {
  const batches = Array.from({ length: Math.ceil(requests.length / BATCH) }, (_, index) =>
    requests.slice(index * BATCH, (index + 1) * BATCH),
  );
  const waiting = batches[Symbol.iterator]();
  const lane = async () => {
    for (const batch of waiting) {
      await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [tableName]: batch } }));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
}

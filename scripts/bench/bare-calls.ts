import { type DynamoDBClient, GetItemCommand, QueryCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import type { AssistantsClient } from '@vapi-ai/server-sdk/assistants';
import { configuration } from './events.ts';

interface BareClients {
  dynamo: DynamoDBClient;
  vapi: AssistantsClient;
  tableName: string;
  /** An assistant that the calls may change. */
  assistantId: string;
}

export type BareCall = 'getItem' | 'query' | 'update' | 'get' | 'patch' | 'post';

let count = 0;

/** A configuration that differs from every earlier one in its prompt. */
export function changed() {
  count += 1;
  return configuration(`Version ${count}. `);
}

/** The single calls as the SDKs make them, with nothing around. */
export function makeBareCalls(clients: BareClients): Record<BareCall, () => Promise<unknown>> {
  const { dynamo, vapi, tableName: TableName, assistantId: id } = clients;
  const values = marshall({ ':pk': 'ORG#bench', ':first': 'ASSISTANT#', ':last': 'PROFILE' });
  return {
    getItem: () => {
      const Key = marshall({ pk: 'ORG#bench', sk: 'ASSISTANT#inbound' });
      return dynamo.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
    },
    query: () => {
      const KeyConditionExpression = 'pk = :pk AND sk BETWEEN :first AND :last';
      const input = { TableName, KeyConditionExpression, ExpressionAttributeValues: values, ConsistentRead: true };
      return dynamo.send(new QueryCommand(input));
    },
    update: () => {
      const Key = marshall({ pk: 'ORG#bare', sk: 'ROW' });
      const ExpressionAttributeValues = marshall({ ':payload': JSON.stringify(changed()), ':at': `${Date.now()}` });
      const UpdateExpression = 'SET payload = :payload, savedAt = :at';
      return dynamo.send(new UpdateItemCommand({ TableName, Key, UpdateExpression, ExpressionAttributeValues }));
    },
    get: () => vapi.get({ id }),
    patch: () => vapi.update({ id, model: changed().model }),
    post: () => vapi.create(configuration()),
  };
}

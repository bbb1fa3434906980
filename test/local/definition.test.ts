import { DescribeTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import dynalite from 'dynalite';
import { listenOn } from '../../local/stack/http-server.ts';
import { seedOrganisations, seedSecrets } from '../../local/stack/seed.ts';
import type { Servers } from '../../local/stack/servers.ts';
import { localDefinition, startStack } from '../../local/stack/stack.ts';
import { createTable } from '../../local/stack/table.ts';

const definition = localDefinition();
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
let stack: Servers;
let dynamo: DynamoDBClient;
let sqs: SQSClient;

beforeAll(async () => {
  stack = await startStack();
  const { AWS_ENDPOINT_URL_DYNAMODB = '', AWS_ENDPOINT_URL_SQS = '' } = stack.environment;
  const region = definition.region;
  dynamo = new DynamoDBClient({ endpoint: AWS_ENDPOINT_URL_DYNAMODB, region, credentials });
  sqs = new SQSClient({ endpoint: AWS_ENDPOINT_URL_SQS, region, credentials });
});
afterAll(async () => {
  dynamo.destroy();
  sqs.destroy();
  await stack.close();
});

const TableName = definition.tableName;
const key = (pk: string, sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
const profilesOf = (pk: string) =>
  dynamo.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
    }),
  );

it('serverless.yml is read without Serverless, with its variables and short forms', () => {
  expect(definition).toMatchObject({
    service: 'vapi-sync',
    region: 'eu-central-1',
    tableName: 'vapi-sync-local',
    secretPrefix: 'vapi-sync/local',
    resources: {
      TaskQueue: {
        Properties: {
          QueueName: 'vapi-sync-local-tasks',
          RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['TaskDeadLetterQueue', 'Arn'] } },
        },
      },
    },
  });
});

it('the table has the keys and the index of serverless.yml', async () => {
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName }));
  const declared = definition.resources.Table?.Properties;
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    KeySchema: declared?.KeySchema,
    GlobalSecondaryIndexes: declared?.GlobalSecondaryIndexes,
  });
});

it('the index answers', async () => {
  const item = { ...key('ORG#x', 'ASSISTANT#inbound'), gsi1pk: { S: 'SCOPE#a' }, gsi1sk: { S: '2026' } };
  await dynamo.send(new PutItemCommand({ TableName, Item: item }));
  const { Items } = await dynamo.send(
    new QueryCommand({
      TableName,
      IndexName: 'gsi1',
      KeyConditionExpression: 'gsi1pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: 'SCOPE#a' } },
    }),
  );
  expect(Items).toEqual([item]);
});

it('a table that was created takes requests, however long its creation takes', async () => {
  const server = await listenOn(dynalite({ createTableMs: 100 }), 0);
  const client = new DynamoDBClient({ endpoint: server.url, region: definition.region, credentials });
  await createTable({ client, tableName: TableName, properties: definition.resources.Table?.Properties });
  await client.send(new PutItemCommand({ TableName, Item: key('a', 'b') }));
  const { Table } = await client.send(new DescribeTableCommand({ TableName }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  client.destroy();
  await server.close();
});

describe('creating the table again', () => {
  it('leaves it and its items alone', async () => {
    await createTable({ client: dynamo, tableName: TableName, properties: definition.resources.Table?.Properties });
    expect((await profilesOf('ORG#acme')).Count).toBe(1);
  });

  it('from another definition is an error that says what to do', async () => {
    const { GlobalSecondaryIndexes, ...withoutIndex } = definition.resources.Table?.Properties ?? {};
    expect(GlobalSecondaryIndexes).toHaveLength(2);
    const AttributeDefinitions = ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
    const properties = { ...withoutIndex, AttributeDefinitions };
    const request = { client: dynamo, tableName: TableName, properties };
    await expect(createTable(request)).rejects.toThrow('Delete .local to start afresh');
  });
});

describe('the seeds', () => {
  it.each(['acme', 'globex'])('hold the organisation %s', async (org) => {
    expect((await profilesOf(`ORG#${org}`)).Items).toEqual([key(`ORG#${org}`, 'PROFILE')]);
  });

  it('hold a key for the platform, for acme and for verification, none for globex', () => {
    expect(stack.secrets.get('vapi-sync/local/platform')).toBe('{"apiKey":"local-platform-key"}');
    expect(stack.secrets.get('vapi-sync/local/orgs/acme')).toBe('{"apiKey":"local-acme-key"}');
    expect(stack.secrets.get('vapi-sync/local/orgs/verify-own-key')).toBe('{"apiKey":"local-acme-key"}');
    expect(stack.secrets.names()).toHaveLength(3);
  });

  it('never overwrite what is there', async () => {
    const changed = { ...key('ORG#acme', 'PROFILE'), vapiAssistantId: { S: 'mine' } };
    await dynamo.send(new PutItemCommand({ TableName, Item: changed }));
    stack.secrets.put('vapi-sync/local/orgs/acme', 'mine');
    await seedOrganisations(dynamo, definition);
    seedSecrets(stack.secrets, definition);
    expect((await profilesOf('ORG#acme')).Items).toEqual([changed]);
    expect(stack.secrets.get('vapi-sync/local/orgs/acme')).toBe('mine');
  });
});

describe('the queue', () => {
  it('has the settings of serverless.yml and its dead-letter queue', async () => {
    const QueueUrl = stack.environment.TASK_QUEUE_URL;
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    const redrive = {
      deadLetterTargetArn: 'arn:aws:sqs:eu-central-1:000000000000:vapi-sync-local-tasks-dead',
      maxReceiveCount: 5,
    };
    expect(Attributes?.VisibilityTimeout).toBe(String(definition.resources.TaskQueue?.Properties.VisibilityTimeout));
    expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual(redrive);
  });

  it('carries messages under a URL that needs no name resolution', async () => {
    const QueueUrl = stack.environment.TASK_QUEUE_URL ?? '';
    expect(QueueUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/vapi-sync-local-tasks$/);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'task' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(Messages).toMatchObject([{ Body: 'task' }]);
  });

  it('gives a message that fails too often to the dead-letter queue', async () => {
    const QueueUrl = stack.queues.queueUrl('TaskQueue');
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
    for (let attempt = 0; attempt < 6; attempt++) {
      await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 }));
    }
    const dead = { QueueUrl: stack.queues.queueUrl('TaskDeadLetterQueue') };
    expect((await sqs.send(new ReceiveMessageCommand(dead))).Messages).toMatchObject([{ Body: 'poison' }]);
  });
});

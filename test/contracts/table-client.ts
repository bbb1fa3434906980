import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A client for an endpoint that checks no signature. */
export function clientOf(endpoint: string, options: ConstructorParameters<typeof DynamoDBClient>[0] = {}) {
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  return new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials, ...options });
}

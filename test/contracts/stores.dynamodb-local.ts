import { describeStoresAt } from './dynamo-suite.ts';
import { dynamoDbLocalUrl } from './dynamodb-local-url.ts';

describe('on DynamoDB Local', () => {
  describeStoresAt(dynamoDbLocalUrl);
});

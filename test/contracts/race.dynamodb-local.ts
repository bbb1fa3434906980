import { describeClaimRace } from './claim-race.ts';
import { dynamoDbLocalUrl } from './dynamodb-local-url.ts';

describe('on DynamoDB Local', () => {
  describeClaimRace(dynamoDbLocalUrl, { processes: 8, firstClaims: 40, goal: 120 });
});

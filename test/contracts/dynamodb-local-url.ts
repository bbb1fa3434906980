/** Where DynamoDB Local is. Throws when these suites were started without it. */
export function dynamoDbLocalUrl(): string {
  const url = process.env.DYNAMODB_LOCAL_URL;
  if (!url) throw new Error('Run these suites with: npm run test:dynamodb-local');
  return url;
}

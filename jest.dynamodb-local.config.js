import base from './jest.config.js';

/** The suites that need AWS's DynamoDB Local: run by scripts/dynamodb-local.ts, which starts it. */
export default { ...base, testMatch: ['<rootDir>/test/contracts/*.dynamodb-local.ts'], testTimeout: 120_000 };

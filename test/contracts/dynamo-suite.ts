import { DynamoFindingStore, DynamoUnitStore } from '../../src/adapters/dynamodb/drift/run-parts.ts';
import { DynamoRunStore } from '../../src/adapters/dynamodb/drift/run-store.ts';
import { DynamoMappingStore } from '../../src/adapters/dynamodb/mapping-store.ts';
import { DynamoRolloutStore, DynamoTargetStore } from '../../src/adapters/dynamodb/rollouts/rollout-store.ts';
import { DynamoSpecHistory } from '../../src/adapters/dynamodb/spec-history.ts';
import { DynamoSpecStore } from '../../src/adapters/dynamodb/spec-store.ts';
import { systemRuntime } from '../../src/parts.ts';
import { describeAssistantOwners } from './assistant-owners-contract.ts';
import { type ContractTable, makeContractTable } from './contract-table.ts';
import { describeDriftStores } from './drift-stores-contract.ts';
import { describeDynamoStores, putRecord } from './dynamo-store-contract.ts';
import { describeMappingStore } from './mapping-store-contract.ts';
import { describeRolloutStores } from './rollout-stores-contract.ts';
import { describeSpecHistory } from './spec-history-contract.ts';
import { describeSpecStore } from './spec-store-contract.ts';

/** All that the stores promise, at a DynamoDB endpoint, on a table of its own. */
export function describeStoresAt(endpoint: () => string): void {
  let table: ContractTable;
  beforeAll(async () => {
    table = await makeContractTable(endpoint());
  });
  afterAll(() => table.close());

  describeMappingStore(() => ({
    mappings: new DynamoMappingStore(table),
    putRecord: (orgId, record) => putRecord(table, orgId, record),
  }));
  describeSpecStore(() => new DynamoSpecStore(table));
  describeSpecHistory(() => ({ specs: new DynamoSpecStore(table), history: new DynamoSpecHistory(table) }));
  describeAssistantOwners(() => table);
  describeDriftStores(() => ({
    runs: new DynamoRunStore(table, systemRuntime),
    units: new DynamoUnitStore(table, systemRuntime),
    findings: new DynamoFindingStore(table, systemRuntime),
  }));
  describeRolloutStores(() => ({ rollouts: new DynamoRolloutStore(table), targets: new DynamoTargetStore(table) }));
  describeDynamoStores(() => table);
}

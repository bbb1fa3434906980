import { MemoryMappingStore, MemorySpecStore } from '../support/memory-stores.ts';
import { describeMappingStore } from './mapping-store-contract.ts';
import { describeSpecHistory } from './spec-history-contract.ts';
import { describeSpecStore } from './spec-store-contract.ts';

const mappings = new MemoryMappingStore();
const specs = new MemorySpecStore();

describe('in memory', () => {
  describeMappingStore(() => ({
    mappings,
    putRecord: async (orgId, record) => {
      mappings.records.set(orgId, record);
    },
  }));
  describeSpecStore(() => specs);
  describeSpecHistory(() => ({ specs, history: specs }));
});

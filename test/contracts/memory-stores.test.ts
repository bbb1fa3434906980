import { MemoryRuns } from '../support/memory-fleet.ts';
import { MemoryRolloutStore, MemoryTargetStore } from '../support/memory-rollouts.ts';
import { MemoryMappingStore, MemorySpecStore } from '../support/memory-stores.ts';
import { describeDriftStores } from './drift-stores-contract.ts';
import { describeMappingStore } from './mapping-store-contract.ts';
import { describeRolloutStores } from './rollout-stores-contract.ts';
import { describeSpecHistory } from './spec-history-contract.ts';
import { describeSpecStore } from './spec-store-contract.ts';

const mappings = new MemoryMappingStore();
const specs = new MemorySpecStore();
const runs = new MemoryRuns();
const rollouts = new MemoryRolloutStore();
const targets = new MemoryTargetStore();

describe('in memory', () => {
  describeMappingStore(() => ({
    mappings,
    putRecord: async (orgId, record) => {
      mappings.records.set(orgId, record);
    },
  }));
  describeSpecStore(() => specs);
  describeSpecHistory(() => ({ specs, history: specs }));
  describeRolloutStores(() => ({ rollouts, targets }));
  describeDriftStores(() => ({ runs, units: runs.units, findings: runs.findings }));
});

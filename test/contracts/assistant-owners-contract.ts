import { randomUUID } from 'node:crypto';
import { DynamoAssistantOwners } from '../../src/adapters/dynamodb/assistant-owners.ts';
import { DynamoMappingStore } from '../../src/adapters/dynamodb/mapping-store.ts';
import type { ContractTable } from './contract-table.ts';
import { advance, changeOf, freshKey } from './mapping-situations.ts';

const CREATED = '2026-03-01T10:00:00.000Z';

/** The index finds the mappings of an assistant. */
export function describeAssistantOwners(table: () => ContractTable): void {
  describe('owners of an assistant', () => {
    const map = async (assistantId: string, scope: 'platform' | 'org') => {
      const key = freshKey();
      const store = new DynamoMappingStore(table());
      const token = randomUUID();
      const from = await advance(store, key, { transition: 'claim', from: undefined, token });
      const change = { ...changeOf('finalise', token), assistantId, assistantCreatedAt: CREATED, scope };
      await advance(store, key, { transition: 'finalise', from, token, change });
      return key;
    };
    const ownersOf = (id: string, account: { orgId: string; scope: 'platform' | 'org' }) =>
      new DynamoAssistantOwners(table()).ownersOf({ id, createdAt: CREATED, vapiOrgId: 'v', config: {} }, account);

    it('are found by id in the account that all organisations without a key share', async () => {
      const id = randomUUID();
      const owner = await map(id, 'platform');
      await map(randomUUID(), 'platform');
      expect(await ownersOf(id, { orgId: 'anybody', scope: 'platform' })).toEqual([owner]);
      expect(await ownersOf(randomUUID(), { orgId: 'anybody', scope: 'platform' })).toEqual([]);
    });

    it('are looked for in the organisation’s own account only for that organisation', async () => {
      const id = randomUUID();
      const owner = await map(id, 'org');
      expect(await ownersOf(id, { orgId: owner.orgId, scope: 'org' })).toEqual([owner]);
      expect(await ownersOf(id, { orgId: 'anybody', scope: 'org' })).toEqual([]);
    });
  });
}

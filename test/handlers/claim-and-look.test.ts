import { jest } from '@jest/globals';
import { removeUpstream } from '../performance/remove-upstream.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

/**
 * The row says that the assistant has to change: the claim is taken, and the configuration kept, while it is looked at.
 */
let service: TestService;
let org: string;
let assistantId: unknown;

useService((given) => {
  ({ service, org } = given);
});
beforeEach(async () => {
  ({ assistantId } = (await service.put(org, 'inbound', withPrompt('one'))).body);
  service.clearCounts();
});

const shown = async () => (await service.get(org, 'inbound')).body;

describe('a claim that is taken before the look', () => {
  it('leads to the update when that is what is called for', async () => {
    expect(await service.put(org, 'inbound', withPrompt('two'))).toMatchObject({ body: { outcome: 'updated' } });
    expect(service.tableOperations).toEqual(['Query', ...Array(3).fill('UpdateItem')]);
  });

  it('is given back when Vapi cannot be asked: the row is as before, and the next call need not wait', async () => {
    service.vapi.inject({ on: { method: 'GET' }, times: 4, behaviour: { kind: 'error-before', status: 500 } });
    const failed = await service.put(org, 'inbound', withPrompt('two'));
    expect(failed).toMatchObject({ status: 503, body: { retryable: true } });
    expect(await shown()).toMatchObject({ state: 'synced', assistantId });
    expect(await service.put(org, 'inbound', withPrompt('two'))).toMatchObject({ body: { outcome: 'updated' } });
  });

  it('is given back when the assistant is gone: it is made again, once', async () => {
    await removeUpstream(service, org);
    expect(await service.put(org, 'inbound', withPrompt('two'))).toMatchObject({ body: { outcome: 'recreated' } });
    expect(service.vapi.count('POST')).toBe(1);
    expect(await shown()).toMatchObject({ state: 'synced' });
  });

  it('is not taken for a plan, nor for the same configuration', async () => {
    await service.put(org, 'inbound', withPrompt('two'), { query: { dryRun: 'true' } });
    await service.put(org, 'inbound', withPrompt('one'));
    expect(service.tableOperations).toEqual(['Query', 'Query']);
  });

  it('is given back when the configuration cannot be kept, and nothing is sent to Vapi', async () => {
    const save = jest.spyOn(service.app.sync.specs, 'save').mockRejectedValueOnce(new Error('the table is away'));
    const failed = await service.put(org, 'inbound', configuration({ firstMessage: 'Hi' }));
    save.mockRestore();
    expect(failed).toMatchObject({ status: 500 });
    expect(service.vapi.count('PATCH')).toBe(0);
    expect(await shown()).toMatchObject({ state: 'synced' });
  });
});

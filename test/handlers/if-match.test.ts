import { configuration, withPrompt } from '../support/configurations.ts';
import type { TestService } from '../support/service.ts';
import { withSlow } from '../support/slow-request.ts';
import { assistantsOf, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
let org: string;

useService((given) => {
  ({ service, org } = given);
});

const ifMatch = (tag: string) => ({ headers: { 'If-Match': tag } });
const STALE = { status: 412, body: { code: 'PRECONDITION_FAILED', retryable: false } };
const promptsOf = () => JSON.stringify(assistantsOf(service.vapi, org).map(({ model }) => model));

describe('the entity tag', () => {
  it('is the revision, in the answers of PUT, of GET and of a dry run', async () => {
    const dryRun = { query: { dryRun: 'true' } };
    expect((await service.put(org, 'inbound', configuration(), dryRun)).headers).not.toHaveProperty('ETag');
    expect((await service.put(org, 'inbound', configuration())).headers.ETag).toBe('"1"');
    expect((await service.put(org, 'inbound', withPrompt('new'))).headers.ETag).toBe('"2"');
    expect((await service.get(org, 'inbound')).headers.ETag).toBe('"2"');
    expect((await service.put(org, 'inbound', configuration(), dryRun)).headers.ETag).toBe('"2"');
    expect((await service.get(org)).headers).not.toHaveProperty('ETag');
  });

  it('stays when nothing was changed, as the content did', async () => {
    await service.put(org, 'inbound', configuration());
    expect(await service.put(org, 'inbound', configuration())).toMatchObject({
      headers: { ETag: '"1"' },
      body: { outcome: 'unchanged', revision: 1 },
    });
  });

  it('is not given while a change is under way, which ends with other content under the same revision', async () => {
    await service.put(org, 'inbound', configuration());
    const { environment, isSent, arrive } = withSlow(service.anotherEnvironment(), 'update');
    const changing = environment.put(org, 'inbound', withPrompt('new'));
    await isSent;
    const during = await service.get(org, 'inbound');
    expect(during.body).toMatchObject({ state: 'changing', revision: 2 });
    expect(during.headers).not.toHaveProperty('ETag');
    expect(await service.put(org, 'inbound', withPrompt('other'), ifMatch('"2"'))).toMatchObject(STALE);
    arrive();
    expect(await changing).toMatchObject({ status: 200, headers: { ETag: '"2"' } });
  });
});

describe('If-Match', () => {
  it('lets the change of the revision that was read pass', async () => {
    await service.put(org, 'inbound', configuration());
    const reply = await service.put(org, 'inbound', withPrompt('new'), ifMatch('"1"'));
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated', revision: 2 } });
  });

  it.each([
    ['a PUT', (tag: string) => service.put(org, 'inbound', withPrompt('mine'), ifMatch(tag))],
    [
      'a dry run',
      (tag: string) => service.put(org, 'inbound', withPrompt('mine'), { ...ifMatch(tag), query: { dryRun: 'true' } }),
    ],
    ['a DELETE', (tag: string) => service.remove(org, 'inbound', ifMatch(tag))],
  ])('stops %s whose revision is stale: nothing is asked of Vapi, nothing is written', async (_what, act) => {
    await service.put(org, 'inbound', configuration());
    await service.put(org, 'inbound', withPrompt('theirs'));
    service.clearCounts();
    const reply = await act('"1"');
    expect(reply).toMatchObject(STALE);
    expect(reply.body.detail).toContain('the revision is 2, not 1');
    expect(calls(service.vapi)).toEqual([]);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it.each(['"1"', '*'])('%s without a mapping is stale for PUT and DELETE, and makes nothing', async (tag) => {
    expect(await service.put(org, 'inbound', configuration(), ifMatch(tag))).toMatchObject(STALE);
    expect(await service.remove(org, 'inbound', ifMatch(tag))).toMatchObject(STALE);
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });

  it('* asks only that there is one', async () => {
    await service.put(org, 'inbound', configuration());
    await service.put(org, 'inbound', withPrompt('new'));
    expect(await service.put(org, 'inbound', withPrompt('newer'), ifMatch('*'))).toMatchObject({ status: 200 });
    expect((await service.remove(org, 'inbound', ifMatch('*'))).status).toBe(204);
  });

  it.each(['3', '"x"', '"-1"', '"01"', 'W/"1"', '"1", "2"', '', '"1"2', '"99999999999999999999"'])(
    'that is none of ours (%s) is a 400 that says what to send',
    async (tag) => {
      await service.put(org, 'inbound', configuration());
      const wanted = { status: 400, body: { errors: [{ field: 'If-Match' }] } };
      expect(await service.put(org, 'inbound', configuration(), ifMatch(tag))).toMatchObject(wanted);
      expect(await service.remove(org, 'inbound', ifMatch(tag))).toMatchObject(wanted);
    },
  );

  it('of twenty who read the same revision and write at once, exactly one wins and nobody is overwritten', async () => {
    await service.put(org, 'inbound', configuration());
    const environments = Array.from({ length: 20 }, () => service.anotherEnvironment());
    const replies = await Promise.all(
      environments.map((environment, index) =>
        environment.put(org, 'inbound', withPrompt(`writer-${index}.`), ifMatch('"1"')),
      ),
    );
    const winners = replies.flatMap(({ status }, index) => (status === 200 ? [index] : []));
    expect(winners).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 412)).toHaveLength(19);
    expect(promptsOf()).toContain(`writer-${winners[0]}.`);
    expect(service.vapi.count('PATCH')).toBe(1);
    expect((await service.get(org, 'inbound')).body.revision).toBe(2);
  });

  it('who waits for another change finds the revision moved', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'slow', ms: 300 } });
    const first = service.put(org, 'inbound', withPrompt('first'));
    while (service.vapi.count('PATCH') === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await service.put(org, 'inbound', withPrompt('second'), ifMatch('"1"'))).toMatchObject(STALE);
    await first;
    expect(promptsOf()).toContain('first');
  });
});

describe('an operation that starts over by itself', () => {
  it('is not taken for somebody else: its own claim may move the revision', async () => {
    await service.put(org, 'inbound', configuration());
    // The key is refused once, under the claim: it is given back, the key is read anew, the round starts again.
    service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'error-before', status: 401 } });
    const reply = await service.put(org, 'inbound', withPrompt('new'), ifMatch('"1"'));
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated', revision: 3 } });
  });

  it('nor when the assistant goes between look and change', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'PATCH' }, behaviour: { kind: 'error-before', status: 404 } });
    const reply = await service.put(org, 'inbound', withPrompt('new'), ifMatch('"1"'));
    expect(reply).toMatchObject({ status: 200, body: { outcome: 'updated', revision: 3 } });
  });

  it('nor a DELETE', async () => {
    await service.put(org, 'inbound', configuration());
    service.vapi.inject({ on: { method: 'DELETE' }, behaviour: { kind: 'error-before', status: 401 } });
    expect((await service.remove(org, 'inbound', ifMatch('"1"'))).status).toBe(204);
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });
});

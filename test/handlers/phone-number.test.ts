import { randomUUID } from 'node:crypto';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { call } from '../local/vapi-caller.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { ACME_KEY, type TestService } from '../support/service.ts';
import { assistantsOf, calls } from '../support/upstream.ts';
import { useService } from '../support/use-service.ts';

const ACME = LOCAL_ACCOUNTS[ACME_KEY] ?? '';

let service: TestService;
let org: string;
let numberId: string;

useService((given) => {
  ({ service, org } = given);
});
beforeEach(() => {
  numberId = randomUUID();
  service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: numberId });
  service.clearCounts();
});
afterEach(() => service.drainQueue());

const seedNumber = (body: JsonObject = {}) =>
  service.vapi.seed({ account: ACME, resource: 'phone-number', id: numberId, body: { provider: 'vapi', ...body } });
const numberAtVapi = () => service.vapi.resources(ACME, 'phone-number').find(({ id }) => id === numberId);
const seedAtPlatform = () => {
  const platform = LOCAL_ACCOUNTS['local-platform-key'] ?? '';
  service.vapi.seed({ account: platform, resource: 'phone-number', id: numberId, body: { provider: 'vapi' } });
  return () => service.vapi.resources(platform, 'phone-number').find(({ id }) => id === numberId);
};
const phoneOf = async () => (await service.get(org, 'inbound')).body.phoneNumber;
const deleteAtVapi = (id: unknown) => call(service.vapi, `DELETE /assistant/${id}`, { key: ACME_KEY });
const synced = async () => {
  const { body } = await service.put(org, 'inbound', configuration());
  await service.drainQueue();
  service.clearCounts();
  return body.assistantId;
};

describe('the number of an organisation', () => {
  it('is pointed to a new assistant by the worker; the answer does not wait for it', async () => {
    seedNumber();
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.body.phoneNumber).toEqual({ id: numberId, status: 'pending' });
    expect(calls(service.vapi)).toEqual(['POST /assistant']);
    await service.drainQueue();
    expect(numberAtVapi()).toMatchObject({ assistantId: reply.body.assistantId });
    expect(await phoneOf()).toEqual({ id: numberId, status: 'linked' });
  });

  it('costs nothing while nothing changes', async () => {
    seedNumber();
    await synced();
    expect((await service.put(org, 'inbound', configuration())).body.outcome).toBe('unchanged');
    expect(calls(service.vapi)).toEqual(['GET /assistant/:id']);
    expect(service.tableOperations).toEqual(['Query']);
  });

  it('belongs to the inbound assistant alone', async () => {
    seedNumber();
    const reply = await service.put(org, 'outbound', configuration());
    expect(reply.body).not.toHaveProperty('phoneNumber');
    expect(await service.drainQueue()).toBe(0);
  });

  it('follows to the new assistant when somebody deleted the old one', async () => {
    seedNumber();
    await deleteAtVapi(await synced());
    const reply = await service.put(org, 'inbound', configuration());
    expect(reply.body).toMatchObject({ outcome: 'recreated', phoneNumber: { status: 'pending' } });
    await service.drainQueue();
    expect(numberAtVapi()).toMatchObject({ assistantId: reply.body.assistantId });
  });

  it('of the organisation record is used with the platform’s key', async () => {
    service.secrets.remove(service.secretName(org));
    const platform = LOCAL_ACCOUNTS['local-platform-key'] ?? '';
    service.vapi.seed({ account: platform, resource: 'phone-number', id: numberId, body: { provider: 'vapi' } });
    await service.putRecord(org, { vapiPhoneNumberId: numberId });
    const assistantId = await synced();
    const number = service.vapi.resources(platform, 'phone-number').find(({ id }) => id === numberId);
    expect(number).toMatchObject({ assistantId });
  });

  it('that is configured later is linked by the next sync, though the configuration is the same', async () => {
    seedNumber();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: numberId });
    const reply = await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(reply.body.phoneNumber).toEqual({ id: numberId, status: 'pending' });
    expect(service.vapi.count('PATCH')).toBe(0);
    await service.drainQueue();
    expect(await phoneOf()).toEqual({ id: numberId, status: 'linked' });
  });

  it('moves with the organisation to its own account', async () => {
    seedNumber();
    service.secrets.remove(service.secretName(org));
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: numberId });
    const reply = await service.anotherEnvironment().put(org, 'inbound', withPrompt('moved'));
    await service.drainQueue();
    expect(numberAtVapi()).toMatchObject({ assistantId: reply.body.assistantId });
  });
});

describe('a number that is not ours to take', () => {
  it('since another assistant answers it, is reported and left alone', async () => {
    const foreign = service.vapi.seedAssistant(ACME, { name: 'by hand' });
    seedNumber({ assistantId: String(foreign.id) });
    await synced();
    expect(numberAtVapi()).toMatchObject({ assistantId: foreign.id });
    expect(await phoneOf()).toEqual({ id: numberId, status: 'foreign' });
    expect(service.output.lines()).toContainEqual(expect.objectContaining({ code: 'PHONE_NUMBER_FOREIGN' }));
  });

  it('since a squad answers it, is left alone', async () => {
    seedNumber({ squadId: randomUUID() });
    await synced();
    expect(await phoneOf()).toEqual({ id: numberId, status: 'foreign' });
  });

  it('is free once its assistant is gone', async () => {
    seedNumber({ assistantId: randomUUID() });
    const assistantId = await synced();
    expect(numberAtVapi()).toMatchObject({ assistantId });
  });

  it.each([
    { which: 'that the account does not have', phoneNumberId: randomUUID() },
    { which: 'that is no id at Vapi', phoneNumberId: '+49 30 1234' },
  ])('$which is reported', async ({ phoneNumberId }) => {
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId });
    const assistantId = await synced();
    expect(assistantId).toBeDefined();
    expect((await phoneOf()).status).toBe('missing');
  });
});

describe('when the assistant is removed', () => {
  it('the number is taken off it', async () => {
    seedNumber();
    await synced();
    expect((await service.remove(org, 'inbound')).status).toBe(204);
    expect(numberAtVapi()).not.toHaveProperty('assistantId');
    const order = calls(service.vapi);
    expect(order.indexOf('DELETE /assistant/:id')).toBeLessThan(order.indexOf('PATCH /phone-number/:id'));
    expect(assistantsOf(service.vapi, org)).toEqual([]);
  });

  it('one that Vapi does not let go keeps its number', async () => {
    seedNumber();
    const assistantId = await synced();
    service.vapi.configure({ pinned: [assistantId] });
    expect((await service.remove(org, 'inbound')).status).toBe(409);
    expect(numberAtVapi()).toMatchObject({ assistantId });
  });

  it('a number that somebody pointed elsewhere stays there', async () => {
    seedNumber();
    await synced();
    const elsewhere = randomUUID();
    const body = { assistantId: elsewhere };
    await call(service.vapi, `PATCH /phone-number/${numberId}`, { key: ACME_KEY, body });
    await service.remove(org, 'inbound');
    expect(numberAtVapi()).toMatchObject({ assistantId: elsewhere });
  });

  it('a number that another one replaced is taken off as well, if nobody has done so yet', async () => {
    seedNumber();
    await synced();
    const second = randomUUID();
    service.vapi.seed({ account: ACME, resource: 'phone-number', id: second, body: { provider: 'vapi' } });
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: second });
    await service.anotherEnvironment().put(org, 'inbound', configuration());
    expect(numberAtVapi()).toHaveProperty('assistantId');
    expect((await service.anotherEnvironment().remove(org, 'inbound')).status).toBe(204);
    expect(numberAtVapi()).not.toHaveProperty('assistantId');
  });

  it('a number that was left in the platform’s account is taken off before the assistant has moved', async () => {
    service.secrets.remove(service.secretName(org));
    const platform = seedAtPlatform();
    await service.putRecord(org, { vapiPhoneNumberId: numberId });
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    expect((await service.anotherEnvironment().remove(org, 'inbound')).status).toBe(204);
    expect(platform()).not.toHaveProperty('assistantId');
  });
});

describe('a number that the assistant is not to answer any more', () => {
  it('since another one is configured, is taken off by the worker', async () => {
    seedNumber();
    const assistantId = await synced();
    const second = randomUUID();
    service.vapi.seed({ account: ACME, resource: 'phone-number', id: second, body: { provider: 'vapi' } });
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: second });
    await service.anotherEnvironment().put(org, 'inbound', configuration());
    await service.anotherEnvironment().drainQueue();
    expect(numberAtVapi()).not.toHaveProperty('assistantId');
    expect(service.vapi.resources(ACME, 'phone-number')).toContainEqual(
      expect.objectContaining({ id: second, assistantId }),
    );
    expect(await phoneOf()).toEqual({ id: second, status: 'linked' });
  });

  it('since none is configured, is taken off', async () => {
    seedNumber();
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    await service.anotherEnvironment().put(org, 'inbound', withPrompt('without a number'));
    await service.anotherEnvironment().drainQueue();
    expect(numberAtVapi()).not.toHaveProperty('assistantId');
    expect(await phoneOf()).toBeUndefined();
  });

  it('since the organisation has moved to its own account, is taken off in the old one', async () => {
    service.secrets.remove(service.secretName(org));
    const platform = seedAtPlatform();
    await service.putRecord(org, { vapiPhoneNumberId: numberId });
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    await service.anotherEnvironment().put(org, 'inbound', withPrompt('moved'));
    await service.anotherEnvironment().drainQueue();
    expect(platform()).not.toHaveProperty('assistantId');
  });

  it('since somebody went back to it, is pointed to the assistant of now', async () => {
    seedNumber();
    await synced();
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY });
    // The worker has not yet taken it off.
    await service.anotherEnvironment().put(org, 'inbound', withPrompt('without a number'));
    service.secrets.put(service.secretName(org), { apiKey: ACME_KEY, phoneNumberId: numberId });
    const { body } = await service.anotherEnvironment().put(org, 'inbound', withPrompt('with it again'));
    await service.anotherEnvironment().drainQueue();
    expect(numberAtVapi()).toMatchObject({ assistantId: body.assistantId });
    expect(await phoneOf()).toEqual({ id: numberId, status: 'linked' });
  });
});

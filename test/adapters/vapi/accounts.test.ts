import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { makeVapiAccounts } from '../../../src/adapters/vapi/accounts.ts';
import { ApiKey } from '../../../src/domain/account/api-key.ts';

const key = ApiKey.clean('a-key');
if (!key) throw new Error('not a key');

describe('a connection that ends without a reply and without an error', () => {
  // Node does just that with an answer of 101 that nobody has asked for.
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    );
  });
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => server.close());

  const open = () => {
    const { port } = server.address() as AddressInfo;
    const accounts = makeVapiAccounts({
      baseUrl: `http://127.0.0.1:${port}`,
      now: () => Date.now(),
      random: () => 0,
      onCall: () => {},
      onCircuit: () => {},
      timing: { longestAttemptMs: 100, firstPauseMs: 1 },
    });
    return accounts.open(key, { remainingMs: () => 29_000 });
  };

  it('is a POST of unknown outcome when its time is up', async () => {
    await expect(open().assistants.create({})).resolves.toMatchObject({
      kind: 'unknown',
      cause: { message: 'no reply in time' },
    });
  });

  it('is a GET that Vapi could not answer', async () => {
    await expect(open().assistants.get('an-id')).rejects.toMatchObject({ code: 'VAPI_UNAVAILABLE' });
  });
});

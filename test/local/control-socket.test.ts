import { createServer, type Server, type Socket } from 'node:net';
import { ControlSocket, OwnerConnection } from '../../local/stack/control-socket.ts';

const message = { token: 't', isLongLived: false, environment: { A: '1' } };
let server: Server | undefined;

/** Connects to an owner that behaves like this. */
async function connectTo(owner: (socket: Socket) => void): Promise<OwnerConnection> {
  const own = createServer((socket) => owner(socket.on('error', () => {})));
  server = own;
  await new Promise<void>((resolve) => own.listen(0, '127.0.0.1', resolve));
  const address = own.address();
  const connection = await OwnerConnection.open(typeof address === 'object' && address ? address.port : 0);
  if (!connection) throw new Error('There is no connection');
  return connection;
}

afterEach(() => {
  server?.close();
});

it.each<[string, (socket: Socket) => void]>([
  ['keeps silent', () => {}],
  ['leaves', (socket) => void setTimeout(() => socket.end(), 20)],
  ['is killed', (socket) => void setTimeout(() => socket.resetAndDestroy(), 20)],
  ['speaks no JSON', (socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['speaks of something else', (socket) => void socket.write('{"hello":"world"}\n')],
])('an owner that %s has nothing to say', async (_how, owner) => {
  const connection = await connectTo(owner);
  expect(await connection.hello(200)).toBeUndefined();
  connection.end();
  await connection.closed;
});

it('an owner that is killed before it answers has not agreed', async () => {
  const connection = await connectTo((socket) => {
    socket.write(`${JSON.stringify(message)}\n`);
    socket.once('data', () => socket.resetAndDestroy());
  });
  expect(await connection.hello(200)).toEqual(message);
  expect(await connection.use()).toBe(false);
});

it('nobody on the port is no connection', async () => {
  const { control, port } = await ControlSocket.listen();
  control.close();
  expect(await OwnerConnection.open(port)).toBeUndefined();
});

it('who waits from before the stack is ready is told when it is, and who is refused hears that', async () => {
  const { control, port } = await ControlSocket.listen();
  const early = await OwnerConnection.open(port);
  const hello = early?.hello(5_000);
  control.announce(message);
  expect(await hello).toEqual(message);
  expect(await early?.use()).toBe(true);
  expect(control.userCount).toBe(1);
  control.refuseNewUsers();
  const late = await OwnerConnection.open(port);
  expect(await late?.hello(5_000)).toEqual(message);
  expect(await late?.use()).toBe(false);
  expect(control.userCount).toBe(1);
  control.close();
  await Promise.all([early?.closed, late?.closed]);
});

import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';

/** What the owner of a stack tells every process that connects, once the stack is ready. */
const hello = z.object({
  token: z.string(),
  isLongLived: z.boolean(),
  environment: z.record(z.string(), z.string()),
});

/** What a process learns about the running stack. */
export type Hello = z.output<typeof hello>;

/** The side of the owner: answers the processes that want to use its stack, and knows how many do. */
export class ControlSocket {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #users = new Set<Socket>();
  #hello: Hello | undefined;
  #isOpen = true;
  #onLeave: () => void = () => {};

  private constructor() {
    this.#server = createServer((socket) => this.#receive(socket));
  }

  /** Listens on 127.0.0.1. Whoever connects is answered after `announce`. */
  static async listen(): Promise<{ control: ControlSocket; port: number }> {
    const control = new ControlSocket();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    control.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    await promise;
    const address = control.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The control socket has no TCP address');
    return { control, port: address.port };
  }

  /** How many other processes use the stack now. */
  get userCount(): number {
    return this.#users.size;
  }

  /** The stack is ready: says so to all that wait and all that come. */
  announce(message: Hello): void {
    this.#hello = message;
    for (const socket of this.#sockets) say(socket, message);
  }

  /** From now on nobody new may use the stack. */
  refuseNewUsers(): void {
    this.#isOpen = false;
  }

  /** Resolves when the last user has left, or after `ms`. */
  async untilUnused(ms: number): Promise<void> {
    if (this.#users.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#onLeave = () => {
      if (this.#users.size === 0) resolve();
    };
    await promise;
    clearTimeout(timer);
  }

  /** Ends every connection, by which the other processes see that the stack is gone. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #receive(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#forget(socket));
    socket.on('data', () => this.#admit(socket));
    if (this.#hello) say(socket, this.#hello);
  }

  /** Anything that a process sends means that it wants to use the stack. */
  #admit(socket: Socket): void {
    if (this.#isOpen) this.#users.add(socket);
    say(socket, { isAccepted: this.#isOpen });
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    this.#users.delete(socket);
    this.#onLeave();
  }
}

/** The side of the user: one connection to the owner of a stack. */
export class OwnerConnection {
  readonly #socket: Socket;
  readonly #lines: AsyncIterator<string>;
  /** Resolves when the connection has ended, by whichever side. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    this.#lines = lines[Symbol.asyncIterator]();
    // A connection that breaks has no end, for which alone the lines would wait for ever.
    socket.once('close', () => lines.close());
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.destroy());
  }

  /** Connects, or returns undefined when nobody listens on the port. */
  static async open(port: number): Promise<OwnerConnection | undefined> {
    const { promise, resolve } = Promise.withResolvers<OwnerConnection | undefined>();
    const socket = createConnection({ port, host: '127.0.0.1' });
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => resolve(new OwnerConnection(socket)));
    return promise;
  }

  /** What the owner says about its stack once that is ready; undefined when it leaves or keeps silent for `ms`. */
  async hello(ms: number): Promise<Hello | undefined> {
    const timer = setTimeout(() => this.end(), ms);
    const answer = await this.#next();
    clearTimeout(timer);
    return hello.safeParse(answer).data;
  }

  /** Asks to use the stack. While the answer is yes, the owner keeps the stack until this connection ends. */
  async use(): Promise<boolean> {
    this.#socket.write('use\n');
    const answer = z.object({ isAccepted: z.boolean() }).safeParse(await this.#next());
    if (!answer.data?.isAccepted) return false;
    // The connection alone is no reason for a process to go on living.
    this.#socket.unref();
    return true;
  }

  end(): void {
    this.#socket.destroy();
  }

  /** The next message; undefined when there is none any more, for whatever reason, or when it makes no sense. */
  async #next(): Promise<unknown> {
    try {
      const line = await this.#lines.next();
      return line.done ? undefined : JSON.parse(line.value);
    } catch {
      return undefined;
    }
  }
}

function say(socket: Socket, message: unknown): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

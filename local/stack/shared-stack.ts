import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlSocket, type Hello, OwnerConnection } from './control-socket.ts';
import { freeLock, type LockEntry, readLock, takeLock } from './generation-lock.ts';
import { isAlive } from './process-life.ts';
import type { Environment, Servers, ServersOptions } from './servers.ts';

/** How a process takes part in the one stack of a directory. */
export type SharedStackOptions = ServersOptions & {
  directory: string;
  /** True for a process that serves until it is stopped. It never relies on one that ends after a command. */
  isLongLived?: boolean;
  /** How long an owner that wants to end waits for the other processes that use its stack. */
  patienceMs?: number;
  /** Told, in a sentence, what a process waits for. */
  onWait?: (reason: string) => void;
};

/** A stack that this process owns, or that it found. */
export type SharedStack = {
  environment: Environment;
  /** The servers, when they run in this process. */
  servers: Servers | undefined;
  /** An owner waits for the other users first; any later call waits for the same end. */
  close(): Promise<void>;
  /** Writes to disk, synchronously, what is not there yet: the last act of a process that must end at once. */
  flush(): void;
};

const PATIENCE_MS = 60_000;
/** An owner that wants to end admits others for this long, so that a burst of commands shares one stack. */
const ADMISSION_MS = 10_000;
/** An owner is ready after less than a second, or a few on a busy machine. */
const SILENCE_MS = 30_000;
/** A dead owner's port is closed just before its hold on the database ends. */
const LAST_BREATH_MS = 2_000;

/** Uses the stack that runs on the directory, or starts it; one at a time, however many processes try at once. */
export async function openSharedStack(options: SharedStackOptions): Promise<SharedStack> {
  for (;;) {
    const lock = readLock(options.directory);
    const isHeld = lock !== undefined && lock.port !== 0;
    const connection = isHeld ? await OwnerConnection.open(lock.port) : undefined;
    const stack = connection && lock ? await joinOwner(connection, lock, options) : await own(lock, options);
    if (stack) return stack;
  }
}

/** Uses the owner's stack; undefined when that one has ended, or is about to. */
async function joinOwner(
  connection: OwnerConnection,
  lock: LockEntry,
  options: SharedStackOptions,
): Promise<SharedStack | undefined> {
  const hello = await connection.hello(SILENCE_MS);
  if (hello?.token !== lock.token) {
    connection.end();
    // Not the owner, which is dead then: some other program got its port. Or the owner, whose start has failed.
    return isAlive(lock.pid) ? delay(50, undefined) : own(lock, options);
  }
  if (isLastingEnough(hello, options) && (await connection.use())) return attached(hello, connection);
  options.onWait?.(`Waiting for process ${lock.pid} to end its local stack`);
  await connection.closed;
  return undefined;
}

function isLastingEnough(hello: Hello, { isLongLived = false }: SharedStackOptions): boolean {
  return hello.isLongLived || !isLongLived;
}

function attached({ environment }: Hello, connection: OwnerConnection): SharedStack {
  const close = async () => connection.end();
  return { environment, servers: undefined, close, flush: () => {} };
}

/** Starts the stack; undefined when another process was faster. */
async function own(before: LockEntry | undefined, options: SharedStackOptions): Promise<SharedStack | undefined> {
  if (before && before.port !== 0) await untilDead(before.pid);
  const { control, port } = await ControlSocket.listen();
  const lock = takeLock(options.directory, before?.generation ?? 0, { port });
  if (!lock) {
    control.close();
    return undefined;
  }
  try {
    // Loaded by the owner alone; a process that finds a stack saves half a second.
    const { startServers } = await import('./servers.ts');
    const servers = await startServers(options);
    return announce({ servers, control, lock }, options);
  } catch (error) {
    freeLock(options.directory, lock);
    control.close();
    throw error;
  }
}

type Owned = { servers: Servers; control: ControlSocket; lock: LockEntry };

function announce(owned: Owned, options: SharedStackOptions): SharedStack {
  const { environment } = owned.servers;
  const description = join(options.directory, 'stack.json');
  writeFileSync(description, JSON.stringify({ pid: process.pid, environment }, null, 2));
  owned.control.announce({ token: owned.lock.token, isLongLived: options.isLongLived ?? false, environment });
  let end: Promise<void> | undefined;
  return {
    environment,
    servers: owned.servers,
    close: () => {
      end ??= endOwned(owned, options);
      return end;
    },
    flush: () => {
      owned.servers.flush();
      rmSync(description, { force: true });
    },
  };
}

async function endOwned({ servers, control, lock }: Owned, options: SharedStackOptions): Promise<void> {
  const { patienceMs = PATIENCE_MS, directory, onWait } = options;
  if (control.userCount > 0) onWait?.(`Waiting for ${control.userCount} other process(es) that use this local stack`);
  const admission = setTimeout(() => control.refuseNewUsers(), Math.min(ADMISSION_MS, patienceMs));
  await control.untilUnused(patienceMs);
  clearTimeout(admission);
  control.refuseNewUsers();
  await servers.close();
  rmSync(join(directory, 'stack.json'), { force: true });
  freeLock(directory, lock);
  control.close();
}

async function untilDead(pid: number): Promise<void> {
  const deadline = performance.now() + LAST_BREATH_MS;
  while (isAlive(pid) && performance.now() < deadline) await delay(20);
}

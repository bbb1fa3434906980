import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

/** A packaged function, and what it is started with. */
interface Packaged {
  file: string;
  variables: Record<string, string>;
  timeoutMs: number;
}

/** `ended`: the process was killed, or its time was over. */
type Invoked = { kind: 'answered'; answer: unknown } | { kind: 'failed'; why: string } | { kind: 'ended' };

const reply = z.union([z.object({ answer: z.unknown() }), z.object({ failure: z.string() })]);

/**
 * A process that one event at a time goes to, as in a Lambda environment; a new one takes the place of one that has
 * ended.
 */
export class Environment {
  readonly #packaged: Packaged;
  #child: ChildProcess | undefined;
  #before: Promise<unknown> = Promise.resolve();

  constructor(packaged: Packaged) {
    this.#packaged = packaged;
  }

  /** One event at a time: what is asked meanwhile waits. */
  async invoke(event: unknown): Promise<Invoked> {
    const invoked = this.#before.then(() => this.#invoke(event));
    this.#before = invoked.catch(() => {});
    return await invoked;
  }

  async #invoke(event: unknown): Promise<Invoked> {
    const { timeoutMs } = this.#packaged;
    const child = this.#child ?? (await this.#start());
    const { promise, resolve } = Promise.withResolvers<Invoked>();
    // Lambda ends whatever takes longer.
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    const onExit = () => resolve({ kind: 'ended' });
    const onMessage = (message: unknown) => resolve(invokedOf(message));
    child.once('exit', onExit).once('message', onMessage);
    if (child.exitCode === null && child.signalCode === null) child.send({ event, timeoutMs }, () => {});
    else onExit();
    const invoked = await promise;
    clearTimeout(timer);
    child.off('exit', onExit).off('message', onMessage);
    if (invoked.kind === 'ended') this.#child = undefined;
    return invoked;
  }

  /** Ends the process at once, whatever it is doing. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  stop(): void {
    if (this.#child?.connected) this.#child.disconnect();
  }

  async #start(): Promise<ChildProcess> {
    const { file, variables } = this.#packaged;
    const program = join(import.meta.dirname, 'environment-process.ts');
    const options = {
      env: variables,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'] as ['ignore', 'ignore', 'ignore', 'ipc'],
    };
    const child = fork(program, [file], { ...options, execArgv: ['--no-warnings'] });
    child.on('error', () => {});
    const [first]: unknown[] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
    if (typeof first !== 'object') throw new Error(`a function could not be loaded (${first})`);
    this.#child = child;
    return child;
  }
}

function invokedOf(message: unknown): Invoked {
  const parsed = reply.parse(message);
  return 'failure' in parsed ? { kind: 'failed', why: parsed.failure } : { kind: 'answered', answer: parsed.answer };
}

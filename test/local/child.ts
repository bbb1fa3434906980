import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { COMPILED } from '../support/checkout.ts';

const children = new Set<ChildProcess>();

export interface Child {
  pid: number;
  /** The next line of JSON that the process prints. */
  next(): Promise<Record<string, unknown>>;
  /** Tells the process one word. */
  tell(word: string): void;
  kill(signal: NodeJS.Signals): void;
  /** How the process ended: its exit code, or the name of the signal. */
  ended: Promise<number | string>;
  /** Whether it has ended. */
  hasEnded(): boolean;
}

/** Runs one of the TypeScript programs beside this file in a process of its own. */
export function runChild(program: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): Child {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, program), ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...COMPILED, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.add(child);
  const ended = new Promise<number | string>((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown')),
  );
  const next = lineReader(child);
  return {
    pid: child.pid ?? 0,
    next,
    tell: (word) => child.stdin.write(`${word}\n`),
    kill: (signal) => child.kill(signal),
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

function lineReader(child: ChildProcess): Child['next'] {
  const lines: string[] = [];
  let rest = '';
  let wake = () => {};
  child.stdout?.on('data', (chunk) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    wake();
  });
  child.once('exit', () => wake());
  return async () => {
    while (lines.length === 0) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('The process ended without a line');
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return JSON.parse(lines.shift() ?? '');
  };
}

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

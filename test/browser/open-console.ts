import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHECKOUT } from '../support/checkout.ts';

/** Debian's, unless told. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** `npx vapi-sync console` in a process of its own, until `close`. */
export interface RunningConsole {
  /** The first line that it printed. */
  address: string;
  close(): Promise<void>;
}

/** Starts the console, as a person would. Rejects when it ends without an address. */
export async function startConsole(...args: readonly string[]): Promise<RunningConsole> {
  const child = spawn(process.execPath, ['--no-warnings', join(CHECKOUT, 'cli/bin.js'), 'console', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const close = async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGINT');
    await once(child, 'close');
  };
  return { address: await firstLine(child), close };
}

async function firstLine(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let [out, err] = ['', ''];
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
    const [line, ...rest] = out.split('\n');
    if (line && rest.length > 0) resolve(line);
  });
  child.once('close', () => reject(new Error(`The console ended: ${err}`)));
  return await promise;
}

/** Starts the browser. */
export async function startBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** A page in a window of its own, and all that it has written to the console of the browser. */
export interface Visit {
  page: Page;
  spoken: string[];
}

/** Opens an address in a window of its own. */
export async function visit(
  browser: Browser,
  address: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  const spoken: string[] = [];
  page.on('console', (message) => spoken.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => spoken.push(`error: ${error.message}`));
  await page.goto(address);
  return { page, spoken };
}

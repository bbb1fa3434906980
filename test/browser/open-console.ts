import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type ServedService, serve } from '../cli/cli-process.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { startService, type TestService } from '../support/service.ts';

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

/** A page in a window of its own, and all that it has written to the console of the browser. */
export interface Visit {
  page: Page;
  spoken: string[];
}

/** A console before a service on the embedded stack, and a browser. */
export interface Opened {
  service: TestService;
  served: ServedService;
  address: string;
  browser: Browser;
  /** Opens the console, at a path below its address, in a window of its own. */
  visit(path?: string, colorScheme?: 'light' | 'dark'): Promise<Visit>;
}

/** Starts the browser. A name ends at this machine, as after DNS rebinding. */
export async function startBrowser(): Promise<Browser> {
  const args = ['--no-sandbox', '--host-resolver-rules=MAP rebound.example 127.0.0.1'];
  return await chromium.launch({ executablePath: CHROMIUM, args });
}

/** Opens an address in a window of its own. */
export async function visit(
  browser: Browser,
  address: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Visit> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1360, height: 860 } });
  const page = await context.newPage();
  page.setDefaultTimeout(40_000);
  const spoken: string[] = [];
  page.on('console', (message) => spoken.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => spoken.push(`error: ${error.message}`));
  await page.goto(address);
  return { page, spoken };
}

/**
 * Gives the tests of a file a console and a browser. What the service leaves to its worker is done in the background.
 */
export function useConsole(given: (opened: Opened) => void): void {
  let opened: Awaited<ReturnType<typeof openAll>>;
  beforeAll(async () => {
    opened = await openAll();
    given(opened);
  }, 120_000);
  afterAll(() => opened.close());
}

/** In the order in which they are needed; closed the other way round. */
async function openAll(): Promise<Opened & { close(): Promise<void> }> {
  const service = await startService();
  const served = await serve(service);
  const worker = keepWorking(service);
  const running = await startConsole('--url', served.url);
  const browser = await startBrowser();
  const { address } = running;
  const below = (path: string) => address.replace('/console/', `/console/${path}`);
  return {
    ...{ service, served, address, browser },
    visit: (path = '', colorScheme) => visit(browser, below(path), colorScheme),
    close: async () => {
      await browser.close();
      await running.close();
      await worker.stop();
      await served.close();
      await service.stop();
    },
  };
}

/** Has the worker and the announcer do what comes. */
function keepWorking(service: TestService): { stop(): Promise<void> } {
  let isOn = true;
  const work = async () => {
    while (isOn) {
      await service.drainQueue();
      await service.announce();
      await delay(100);
    }
  };
  const done = work();
  return {
    stop: async () => {
      isOn = false;
      await done;
    },
  };
}

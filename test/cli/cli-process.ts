import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { makeGateway } from '../../local/gateway/gateway.ts';
import { readRoutes } from '../../local/gateway/routes.ts';
import { listenOn } from '../../local/stack/http-server.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { type Environment, startService, type TestService } from '../support/service.ts';

/** The service behind an address. */
export interface ServedService {
  url: string;
  /** Answers in place of the service, while it is set; undefined: the service itself answers. */
  instead:
    | ((
        request: IncomingMessage,
      ) => { status: number; headers?: Record<string, string>; body: object | string } | undefined)
    | undefined;
  close(): Promise<void>;
}

/** Serves the routes of a service over HTTP, as API Gateway does. */
export async function serve(service: Environment): Promise<ServedService> {
  const names = ['sync', 'status', 'fleet', 'templates', 'rollouts', 'verify', 'drift'] as const;
  const gateway = makeGateway(readRoutes(join(CHECKOUT, 'serverless.yml')), async (functionName) => {
    const name = names.find((known) => known === functionName);
    if (!name) throw new Error(`no handler for ${functionName}`);
    return async (event) => {
      const { status, headers, body } = await service.invoke(name, event);
      return { statusCode: status, headers, body: body === undefined ? '' : JSON.stringify(body) };
    };
  });
  const server = createServer((request, response) => {
    const answer = async () => {
      const instead = served.instead?.(request);
      if (instead) {
        const { status, headers, body } = instead;
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(textOf(body));
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(Buffer.from(chunk));
      const body = chunks.length > 0 ? { body: Buffer.concat(chunks) } : {};
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const reply = await gateway(
        new Request(new URL(request.url ?? '/', listening.url), { method: request.method ?? 'GET', headers, ...body }),
      );
      response.writeHead(reply.status, Object.fromEntries(reply.headers));
      response.end(await reply.text());
    };
    answer().catch(() => response.destroy());
  });
  const listening = await listenOn(server, 0);
  const served: ServedService = { url: listening.url, instead: undefined, close: () => listening.close() };
  return served;
}

function textOf(body: object | string): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

/** Gives the tests of a file a service behind an address, and stops it after the last. */
export function useServed(given: (served: ServedService, service: TestService) => void): void {
  let service: TestService;
  let served: ServedService;
  beforeAll(async () => {
    service = await startService();
    served = await serve(service);
    given(served, service);
  });
  afterAll(async () => {
    await served.close();
    await service.stop();
  });
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

interface RunOptions {
  env?: Record<string, string>;
  /** What stdin gives, and after how many milliseconds; without it there is none. */
  stdin?: { text: string; afterMs: number };
  /** Called with what was printed so far, each time something is. */
  onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** Runs the command in a process of its own. */
export async function cli(args: readonly string[], { env = {}, stdin, onOutput }: RunOptions = {}): Promise<Ended> {
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_')));
  const child = spawn(process.execPath, ['--no-warnings', join(CHECKOUT, 'cli/bin.js'), ...args], {
    env: { ...clean, AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'eu-central-1', HOME: '/nonexistent', ...env },
    stdio: [stdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
  });
  if (stdin) setTimeout(() => child.stdin?.end(stdin.text), stdin.afterMs);
  let [out, err] = ['', ''];
  child.stdout?.on('data', (chunk) => {
    out += String(chunk);
    onOutput?.(out, (signal) => child.kill(signal));
  });
  child.stderr?.on('data', (chunk) => {
    err += String(chunk);
  });
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.once('error', reject).once('close', resolve);
  return { code: await promise, out, err };
}

import { join } from 'node:path';
import { z } from 'zod';
import { BackgroundAnnouncer } from '../serverless/background-announcer.ts';
import { BackgroundWorker } from '../serverless/background-worker.ts';
import { enterEmbeddedStack } from '../stack/detached/embedded-stack.ts';
import { type HttpHandler, makeGateway } from './gateway.ts';
import { readRoutes } from './routes.ts';

/** The service of this checkout on the embedded stack, in this process. */
interface LocalService {
  fetch(request: Request): Promise<Response>;
  /** Performs the tasks and tells the changes that the requests left behind. */
  settle(): Promise<void>;
  /** Keeps doing so until `close`. */
  work(): Promise<void>;
  close(): void;
}

const CHECKOUT = join(import.meta.dirname, '../..');
const handlerModule = z.object({ handler: z.custom<HttpHandler>((value) => typeof value === 'function') });

/** Finds or starts the embedded stack of this checkout, and serves its routes on the data of `sls invoke local`. */
export async function openLocalService(settings: Readonly<Record<string, string>> = {}): Promise<LocalService> {
  // Powertools warns of each call without a metric, also where metrics are disabled; with `DEV` by the global console.
  const quiet = { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true', POWERTOOLS_DEV: 'true' };
  console.warn = () => {};
  const stack = await enterEmbeddedStack();
  Object.assign(process.env, quiet, settings);
  const environment = { ...stack.environment, ...settings };
  const worker = new BackgroundWorker(environment);
  const announcer = new BackgroundAnnouncer(environment);
  return {
    fetch: makeGateway(readRoutes(join(CHECKOUT, 'serverless.yml')), handlerOf),
    settle: async () => {
      await worker.drain();
      await announcer.drain();
    },
    work: async () => {
      await worker.start();
      announcer.run(() => {}).catch(() => {});
    },
    close: () => {
      worker.stop();
      announcer.stop();
      stack.release();
    },
  };
}

/** Loaded late: the handlers read the environment. */
async function handlerOf(functionName: string): Promise<HttpHandler> {
  return handlerModule.parse(await import(`../../src/handlers/${functionName}.ts`)).handler;
}

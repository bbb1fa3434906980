import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { z } from 'zod';

/** The embedded stack, running in another process. */
export interface BenchStack {
  /** Complete environment of a process that is to use the stack as a function would. */
  environment: Record<string, string>;
  /** The same at a distance as on AWS. */
  distantEnvironment: Record<string, string>;
  /** The same over TLS, with a certificate of its own. */
  tlsEnvironment: Record<string, string>;
  table: string;
  /** Requests to Vapi since the last `clear`, for example `POST /assistant`. */
  upstreamCalls(): Promise<string[]>;
  clear(): Promise<void>;
  stop(): void;
}

/** Starts the stack and waits until it takes requests. */
export async function startBenchStack(directory: string): Promise<BenchStack> {
  const child = fork(join(import.meta.dirname, 'stack-process.ts'), [directory], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const variables = z.record(z.string(), z.string());
  const started = z.object({ environment: variables, tls: variables, distant: variables, table: z.string() });
  const { environment, tls, distant, table } = await replyOf(child, started);
  return {
    environment: { ...functionSettings(), ...environment },
    distantEnvironment: { ...functionSettings(), ...distant },
    tlsEnvironment: { ...functionSettings(), ...tls },
    table,
    upstreamCalls: async () => {
      child.send('counts');
      return (await replyOf(child, z.object({ vapi: z.array(z.string()) }))).vapi;
    },
    clear: async () => {
      child.send('clear');
      await replyOf(child, z.object({ cleared: z.literal(true) }));
    },
    stop: () => {
      child.disconnect();
    },
  };
}

/** As serverless.yml sets them, without traces: there is no X-Ray here. */
function functionSettings(): Record<string, string> {
  return {
    DEPLOYMENT_ID: 'vapi-sync-bench',
    POWERTOOLS_SERVICE_NAME: 'vapi-sync',
    POWERTOOLS_METRICS_NAMESPACE: 'VapiSync',
    POWERTOOLS_TRACE_ENABLED: 'false',
    LOG_LEVEL: 'INFO',
  };
}

const failureSchema = z.object({ failure: z.string() });

/** The next message of a child. Throws when that says what has failed, and when the child ends before it. */
export async function replyOf<T>(child: ChildProcess, schema: z.ZodType<T>): Promise<T> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`a process of the benchmark ended with ${code ?? 'a signal'}`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message'), exit]);
    const failed = failureSchema.safeParse(message);
    if (failed.success) throw new Error(failed.data.failure);
    return schema.parse(message);
  } finally {
    ended.abort();
    exit.catch(() => undefined);
  }
}

import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import middy from '@middy/core';
import { bundle } from '../../scripts/bench/bundle.ts';
import { traced } from '../../src/handlers/lambda/traced.ts';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { contextOf } from '../support/context.ts';

const before = { ...process.env };
afterEach(() => {
  process.env = before;
});

/** As Lambda sets it; X-Ray has decided whether the call is sampled before the function is called. */
function onLambda(sampled: 0 | 1, more: Record<string, string> = {}): void {
  const _X_AMZN_TRACE_ID = `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=${sampled}`;
  process.env = { ...before, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x', _X_AMZN_TRACE_ID, ...more };
}

function counting() {
  const calls: string[] = [];
  const step = (name: string) => () => {
    calls.push(name);
  };
  const load = async () => {
    calls.push('load');
    return { before: step('before'), after: step('after'), onError: step('onError') };
  };
  return { calls, load };
}

const context = contextOf(() => 1_000);

describe('a trace', () => {
  it('of a call that is sampled begins before it and ends after it; the SDK is loaded once', async () => {
    onLambda(1);
    const { calls, load } = counting();
    const handler = middy(async () => calls.push('handler')).use(traced(load));
    await handler({}, context);
    await handler({}, context);
    const call = ['before', 'handler', 'after'];
    expect(calls).toEqual(['load', ...call, ...call]);
  });

  it.each([
    { why: 'the call is not sampled', prepare: () => onLambda(0) },
    { why: 'traces are switched off', prepare: () => onLambda(1, { POWERTOOLS_TRACE_ENABLED: 'false' }) },
    { why: 'this is not Lambda', prepare: () => undefined },
  ])('is not left, and nothing is loaded, when $why', async ({ prepare }) => {
    prepare();
    const { calls, load } = counting();
    await middy(async () => calls.push('handler')).use(traced(load))({}, context);
    expect(calls).toEqual(['handler']);
  });

  it('notes the error of a call that failed', async () => {
    onLambda(1);
    const { calls, load } = counting();
    const handler = middy(async () => {
      throw new Error('failed');
    }).use(traced(load));
    await expect(handler({}, context)).rejects.toThrow('failed');
    expect(calls).toEqual(['load', 'before', 'onError']);
  });

  // In a process of its own: the SDK hooks itself into every promise and every request, for as long as a process lives.
  it('reaches the X-Ray daemon, by the real SDK, from the file beside the bundle', async () => {
    const program = join(temporaryDirectory(), 'traced.cjs');
    await bundle(join(import.meta.dirname, 'traced-process.ts'), program);
    expect(readFileSync(program, 'utf8')).not.toContain('AWS_XRAY');
    const daemon = createSocket('udp4');
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    const AWS_XRAY_DAEMON_ADDRESS = `127.0.0.1:${daemon.address().port}`;
    onLambda(1, { AWS_XRAY_DAEMON_ADDRESS, LAMBDA_TASK_ROOT: '/var/task', _HANDLER: 'sync.handler' });
    try {
      const packet = once(daemon, 'message');
      const [code] = await once(spawn(process.execPath, [program], { env: process.env }), 'exit');
      expect(code).toBe(0);
      const [message] = await packet;
      expect(String(message)).toContain('"name":"## sync.handler"');
      expect(String(message)).toContain('1-5759e988-bd862e3fe1be46a994272793');
    } finally {
      daemon.close();
    }
  });
});

import type { MiddlewareObj } from '@middy/core';
import { isTraceWanted } from '../../settings.ts';

type Middleware = Pick<MiddlewareObj, 'before' | 'after' | 'onError'>;

/**
 * Powertools' trace of a call. The X-Ray SDK takes half as long to load as all AWS clients together, so it is loaded
 * with the first call that is sampled.
 */
export function traced(load: () => Promise<Middleware> = loadTracer): MiddlewareObj {
  let loading: Promise<Middleware> | undefined;
  let tracer: Middleware | undefined;
  return {
    before: (request) => {
      if (!isTraceWanted()) return undefined;
      loading ??= load();
      return loading.then(async (loaded) => {
        tracer = loaded;
        await loaded.before?.(request);
      });
    },
    // Without a segment, for a call that was not traced from its start, these do nothing.
    after: (request) => tracer?.after?.(request),
    onError: (request) => (isTraceWanted() ? tracer?.onError?.(request) : undefined),
  };
}

async function loadTracer(): Promise<Middleware> {
  const { captureLambdaHandler, Tracer } = await import('../../adapters/telemetry/powertools-tracer.ts');
  return captureLambdaHandler(new Tracer(), { captureResponse: false });
}

import type { Context } from 'aws-lambda';
import { SettingsError } from '../../settings.ts';
import type { HttpHandler } from '../http/handler.ts';
import { problemResponse } from '../http/response.ts';

/**
 * Builds the application with the first call. When that fails the call is answered with a 500, the log says which
 * settings are wrong, and the next call tries again: a failed load is not kept.
 */
export function lazily<App>(compose: () => App, make: (app: App) => HttpHandler): HttpHandler {
  let handler: HttpHandler | undefined;
  return async (event: unknown, context: Context) => {
    try {
      handler ??= make(compose());
    } catch (error) {
      const message = error instanceof SettingsError ? error.message : 'the application could not be built';
      process.stderr.write(`${JSON.stringify({ level: 'ERROR', code: 'SETTINGS_INVALID', message })}\n`);
      const response = problemResponse(error, context.awsRequestId);
      return { ...response, headers: { ...response.headers, 'X-Operation-Id': context.awsRequestId } };
    }
    return await handler(event, context);
  };
}

import type { Context } from 'aws-lambda';
import { SettingsError } from '../../settings.ts';
import type { HttpHandler } from '../http/handler.ts';
import { problemResponse } from '../http/response.ts';
import { madeEarly } from './made-early.ts';

/**
 * What Lambda calls: the handler with its application. While the application cannot be built, calls are answered with a
 * 500, and the log says which settings are wrong.
 */
export function entry<App>(compose: () => App, make: (app: App) => HttpHandler): HttpHandler {
  const handler = madeEarly(() => make(compose()));
  return async (event: unknown, context: Context) => {
    let handle: HttpHandler;
    try {
      handle = handler();
    } catch (error) {
      const message = error instanceof SettingsError ? error.message : 'the application could not be built';
      process.stderr.write(`${JSON.stringify({ level: 'ERROR', code: 'SETTINGS_INVALID', message })}\n`);
      const response = problemResponse(error, context.awsRequestId);
      return { ...response, headers: { ...response.headers, 'X-Operation-Id': context.awsRequestId } };
    }
    return await handle(event, context);
  };
}

import { createClient } from '../../../client/index.ts';

/**
 * The service, at the console's own address, where requests are signed. Requests are not repeated late, as somebody is
 * waiting.
 */
export const service = createClient({
  baseUrl: new URL('/console/api', location.origin).href,
  retries: 2,
  longestWaitSeconds: 5,
});

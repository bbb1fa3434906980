import { createClient } from '../../../client/index.ts';

/**
 * The service, by the console's own address: there, requests are signed. Somebody waits, so that nothing is repeated
 * late.
 */
export const service = createClient({
  baseUrl: new URL('/console/api', location.origin).href,
  retries: 2,
  longestWaitSeconds: 5,
});

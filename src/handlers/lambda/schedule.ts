import * as z from 'zod/mini';

/** The event of an EventBridge schedule. */
export const scheduleSchema = z.object({
  source: z.literal('aws.events'),
  'detail-type': z.literal('Scheduled Event'),
});

import * as z from 'zod/mini';

/** The scenarios, in the order of the report. */
const SCENARIO_NAMES = [
  'voice-normalisation',
  'credential-fallback',
  'idempotency',
  '404-recovery',
  'logging-and-errors',
] as const;

export type ScenarioName = (typeof SCENARIO_NAMES)[number];

/** One scenario and its result. */
export const scenarioResultSchema = z.lazy(() =>
  z.object({
    name: z.enum(SCENARIO_NAMES),
    status: z.enum(['PASS', 'FAIL']),
    durationMs: z.number(),
    /** What was shown, or what went wrong. */
    message: z.string(),
    /** Ids and counts by name: whatever helps to look closer. */
    details: z.record(z.string(), z.unknown()),
  }),
);

/**
 * The shape of the answer of `POST /verify` and of `verify-vapi-sync-report.json`; docs/architecture.md explains it.
 */
export const verificationReportSchema = z.lazy(() =>
  z.object({
    operationId: z.string(),
    /** Part of the name of every organisation of this run: `verify-<runId>-…`. */
    runId: z.string(),
    /** ISO 8601. */
    startedAt: z.string(),
    durationMs: z.number(),
    passed: z.number(),
    failed: z.number(),
    total: z.number(),
    /** Percent, 0 to 100. */
    passRate: z.number(),
    results: z.array(scenarioResultSchema),
    cleanup: z.object({
      /** Earlier runs that ended without cleaning up, and that this run cleaned up after. */
      earlierRunsRemoved: z.array(z.string()),
      /** What could not be removed and is left for the next run, in sentences; empty when everything is gone. */
      left: z.array(z.string()),
    }),
  }),
);

export type VerificationReport = z.infer<typeof verificationReportSchema>;
export type ScenarioResult = z.infer<typeof scenarioResultSchema>;

/** The counts of a report from its results. */
export function tally(
  results: readonly ScenarioResult[],
): Pick<VerificationReport, 'passed' | 'failed' | 'total' | 'passRate'> {
  const total = results.length;
  const passed = results.filter(({ status }) => status === 'PASS').length;
  const passRate = total === 0 ? 0 : Math.round((passed / total) * 1000) / 10;
  return { passed, failed: total - passed, total, passRate };
}

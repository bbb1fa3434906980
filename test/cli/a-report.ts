import type { VerificationReport } from '../../src/domain/verification/report.ts';

/** A report with one failure, and with text that means something to HTML. */
export function aReport(): VerificationReport {
  return {
    operationId: 'op-1',
    runId: '0123456789ab',
    startedAt: '2026-01-02T03:04:05.678Z',
    durationMs: 4321,
    passed: 1,
    failed: 1,
    total: 2,
    passRate: 50,
    results: [
      { name: 'idempotency', status: 'PASS', durationMs: 1234, message: 'One id', details: {} },
      {
        name: '404-recovery',
        status: 'FAIL',
        durationMs: 2000,
        message: 'The 404 was not recovered: <script>alert("x")</script> & more',
        details: { deletedId: '<b>' },
      },
    ],
    cleanup: { earlierRunsRemoved: ['ba9876543210'], left: ['verify-x is <claimed>'] },
  };
}

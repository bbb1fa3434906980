import { orThrow } from '../../../client/index.ts';
import type { DriftRun, Finding } from '../common/api-types.ts';
import { service } from '../common/service.ts';

/** A run with what it found. */
export interface RunWithFindings {
  run: DriftRun;
  findings: readonly Finding[];
}

/** The last runs, and the findings of one of them. */
export interface DriftView {
  runs: readonly DriftRun[];
  chosen: RunWithFindings | undefined;
}

/** The most findings that are read of a run. */
const MOST = 5_000;

/** Reads the last runs, and the one that is named, or the newest. */
export async function readDrift(runId: string | undefined, signal: AbortSignal): Promise<DriftView> {
  const { runs } = orThrow(await service.GET('/drift/runs', { signal }));
  const id = runId ?? runs[0]?.runId;
  return { runs, chosen: id === undefined ? undefined : await readRun(id, signal) };
}

async function readRun(id: string, signal: AbortSignal): Promise<RunWithFindings> {
  const findings: Finding[] = [];
  let after: string | undefined;
  for (;;) {
    const query = after === undefined ? { limit: 500 } : { limit: 500, after };
    const report = orThrow(await service.GET('/drift/runs/{id}', { params: { path: { id }, query }, signal }));
    const { findings: page, next, ...run } = report;
    findings.push(...page);
    if (next === null || findings.length >= MOST) return { run, findings };
    after = next;
  }
}

/** True while a run goes on. */
export function isOpen({ status }: DriftRun): boolean {
  return status === 'planning' || status === 'checking' || status === 'healing';
}

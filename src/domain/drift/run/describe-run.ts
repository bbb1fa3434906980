import type { Finding } from '../finding.ts';
import type { Slice } from '../fleet.ts';
import type { DriftRun, DriftRunStore, FindingStore, RunSummary } from '../runs.ts';

/** A run as people and pipelines see it. Times are ISO 8601. */
interface RunDescription extends Partial<ClosedDescription> {
  runId: string;
  trigger: string;
  mode: string;
  status: string;
  startedAt: string;
  closedAt: string | null;
  /** The units: how many there are (null until all are planned), and how many are done. */
  units: { total: number | null; done: number };
}

/** The part that is known once a run is closed. */
type ClosedDescription = ReturnType<typeof describeSummary>;

/** A run as it is shown. */
function describeRun(run: DriftRun): RunDescription {
  const { runId, trigger, mode, status, startedAt, summary } = run;
  return {
    runId,
    trigger,
    mode: mode.standard,
    status,
    startedAt,
    closedAt: run.closedAt ?? null,
    units: { total: run.unitCount ?? null, done: run.done.length },
    ...(summary ? describeSummary(summary) : {}),
  };
}

function describeSummary({ totals, suspicious, common, healed, durationMs }: RunSummary) {
  const { classes, checked, unknown, lists, gets, numbers, tools, traffic, retirements } = totals;
  return {
    classes,
    checked,
    unknown,
    calls: { lists, gets, numbers, tools, traffic },
    retirements,
    suspicious,
    commonCauses: common,
    healed,
    durationMs,
  };
}

/** The last runs, newest first. */
export async function describeRuns(
  runs: DriftRunStore,
  limit: number,
): Promise<{ runs: RunDescription[]; unreadable?: readonly string[] }> {
  const { items, unreadable = [] } = await runs.list({ limit });
  return { runs: items.map(describeRun), ...(unreadable.length > 0 ? { unreadable } : {}) };
}

interface RunReport extends RunDescription {
  findings: readonly Finding[];
  /** Names of rows of this page that cannot be read. */
  unreadable?: readonly string[];
  /** Send it as `after` for the next page of findings; null after the last. */
  next: string | null;
}

/** One run with a page of its findings; undefined when there is no such run. */
export async function reportRun(
  { runs, findings }: { runs: DriftRunStore; findings: FindingStore },
  query: { runId: string; limit: number; after?: string },
): Promise<RunReport | undefined> {
  const [run, page]: [DriftRun | undefined, Slice<Finding>] = await Promise.all([
    runs.read(query.runId),
    findings.page(query),
  ]);
  const { items, unreadable = [], next = null } = page;
  const hidden = unreadable.length > 0 ? { unreadable } : {};
  return run && { ...describeRun(run), findings: items, ...hidden, next };
}

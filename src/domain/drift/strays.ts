import type { ScopeKey } from '../account/scope.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { Finding } from './finding.ts';
import type { DriftRun, FindingStore } from './runs.ts';

/** An assistant of ours that no mapping names, from the run that found it first until it is gone. */
export interface Stray extends AssistantKey {
  class: 'duplicate' | 'orphan';
  scope: ScopeKey;
  assistantId: string;
  /** ISO 8601: when it was first found. */
  since: string;
  /** The run that found it first. */
  runId: string;
  /** ISO 8601: when it was last found. */
  seenAt: string;
}

/** The known strays, from one run to the next. */
export interface StrayStore {
  /** Notes that a run has found a stray. For one that is known already, `since` and `runId` stay. */
  see(stray: Stray): Promise<void>;
  all(): Promise<Stray[]>;
  /** Forgets a stray, unless it was seen again since it was read. */
  forget(stray: Stray): Promise<void>;
}

/** Notes the strays among the findings of a run. May be called again with the same. */
export async function noteStrays(
  { strays }: { strays: StrayStore },
  runId: string,
  findings: readonly Finding[],
): Promise<void> {
  for (const finding of findings) {
    const stray = strayIn(finding, runId);
    if (stray) await strays.see(stray);
  }
}

/** Forgets a stray that was removed. */
export async function forgetStray({ strays }: { strays: StrayStore }, runId: string, finding: Finding): Promise<void> {
  const stray = strayIn(finding, runId);
  if (stray) await strays.forget(stray);
}

/**
 * Forgets the strays that a run did not find again, except in accounts that it could not look at. May be called again.
 */
export async function forgetGone(
  { strays, findings }: { strays: StrayStore; findings: FindingStore },
  { runId, startedAt }: DriftRun,
): Promise<void> {
  // A stray that a later run has seen still exists.
  const unseen = (await strays.all()).filter(({ seenAt }) => seenAt < startedAt);
  if (unseen.length === 0) return;
  const unknown = await unknownScopes(findings, runId);
  for (const stray of unseen) {
    if (!unknown.has(stray.scope)) await strays.forget(stray);
  }
}

async function unknownScopes(findings: FindingStore, runId: string): Promise<Set<ScopeKey>> {
  const unknown = new Set<ScopeKey>();
  let after: string | undefined;
  do {
    const page = await findings.page({ runId, limit: 100, after });
    for (const { class: name, scope } of page.items) if (name === 'unknown') unknown.add(scope);
    after = page.next;
  } while (after !== undefined);
  return unknown;
}

function strayIn(
  { class: name, scope, orgId, role, assistantId, foundAt: since }: Finding,
  runId: string,
): Stray | undefined {
  const isStray = name === 'duplicate' || name === 'orphan';
  if (!isStray || !orgId || !role || !assistantId) return undefined;
  return { class: name, scope, orgId, role, assistantId, since, runId, seenAt: since };
}

import type { Announcement, TableWrite } from './announcement.ts';

/** The event that tells of each state. */
const TYPES: Readonly<Record<string, string>> = {
  paused: 'Rollout Paused',
  completed: 'Rollout Completed',
  failed: 'Rollout Failed',
  aborted: 'Rollout Aborted',
  'rolled-back': 'Rollout Rolled Back',
};

/** The events of a write to a rollout: that it began, stopped, goes on or ended. */
export function rolloutEventsIn({ before, after }: Extract<TableWrite, { kind: 'rollout' }>): Announcement[] {
  if (!after || before?.state === after.state) return [];
  const type = after.state === 'running' ? beginningFrom(before?.state) : TYPES[after.state];
  return type ? [{ type, detail: { version: 1, ...after }, subject: `rollout/${after.rolloutId}` }] : [];
}

function beginningFrom(state: string | undefined): string | undefined {
  if (state === 'planning') return 'Rollout Started';
  return state === 'paused' ? 'Rollout Resumed' : undefined;
}

import type { Status } from '../common/api-types.ts';
import type { FleetRow } from './fleet-rows.ts';

/** Groups of the fleet that a button shows. */
export const GROUPS = {
  all: { title: 'All', has: () => true },
  drift: { title: 'With drift', has: ({ drift }: Status) => Boolean(drift) },
  pinned: { title: 'Pinned', has: ({ live }: Status) => live === 'pinned' },
  unfinished: {
    title: 'Unfinished',
    has: ({ state }: Status) => state === 'changing' || state === 'unresolved' || state === 'interrupted',
  },
  imported: { title: 'Imported', has: ({ state }: Status) => state === 'imported' },
} as const;

/** The name of such a group. */
export type Group = keyof typeof GROUPS;

/** The rows of a group that hold every word of a text. */
export function filtered(rows: readonly FleetRow[], group: Group, text: string): FleetRow[] {
  const words = text
    .toLowerCase()
    .split(/[\s/]+/)
    .filter(Boolean);
  const { has } = GROUPS[group];
  return rows.filter((row) => has(row.status) && words.every((word) => row.text.includes(word)));
}

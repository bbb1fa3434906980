/** What a caller expects of something that has revisions. */
export interface ExpectedRevision {
  /** This revision; `any`: that there is one; `none`: that there is none yet. Absent: nothing is expected. */
  revision?: number | 'any' | 'none';
}

/** True when the present revision, undefined when there is none, is as expected. */
export function isExpected({ revision: expected }: ExpectedRevision, present: number | undefined): boolean {
  if (expected === undefined) return true;
  if (expected === 'none') return present === undefined;
  return expected === 'any' ? present !== undefined : present === expected;
}

import type { SpecToStore } from '../../src/domain/mapping/stores.ts';

/** A configuration as it is stored before it is sent to Vapi. */
export function specToStore(spec: Partial<SpecToStore> = {}): SpecToStore {
  return {
    specHash: 'hash',
    payload: { n: 1 },
    tools: [],
    summary: {},
    at: '2026-03-01T10:00:00.000Z',
    appliedBefore: [],
    ...spec,
  };
}

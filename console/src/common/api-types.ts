import type { components } from '../../../client/index.ts';

type Schemas = components['schemas'];

export type Status = Schemas['Status'];
export type HistoryEntry = Schemas['HistoryEntry'];
export type Configuration = Schemas['Configuration'];
export type Change = Schemas['Change'];
export type DriftRun = Schemas['DriftRun'];
export type Finding = Schemas['Finding'];
export type Retirement = Schemas['Retirement'];
export type Rollout = Schemas['Rollout'];
export type RolloutTarget = Schemas['RolloutTargetPage']['items'][number];
export type Role = Schemas['Role'];

/** Which assistant. */
export interface AssistantKey {
  orgId: string;
  role: Role;
}

import type { ScopeKey } from '../account/scope.ts';
import type { Claim } from '../mapping/claim.ts';
import type { ClaimableRow } from '../mapping/claim-row.ts';
import type { Transition } from '../mapping/transitions.ts';

/** Which tool at Vapi has a definition. Times are ISO 8601 in UTC. */
export interface ToolRow {
  scopeKey: ScopeKey;
  /** Hash of the definition. */
  hash: string;
  /** Grows by one with each claim. */
  revision: number;
  toolId?: string;
  /** Fingerprint of the key with which the tool was made or last seen. */
  keyFingerprint?: string;
  /** Token of the claim that was finalised last. */
  finalisedBy?: string;
  claim?: Claim;
  /** Set while no mapping uses the tool. */
  unusedSince?: string;
  createdAt: string;
  updatedAt: string;
}

type Bookkeeping = 'scopeKey' | 'hash' | 'revision' | 'createdAt' | 'updatedAt';

/** What a transition writes. Fields that are absent stay as they are; null removes. */
export type ToolChange = Partial<Omit<ToolRow, Bookkeeping | 'claim' | 'unusedSince'>> & {
  claim?: Claim | null;
  unusedSince?: string | null;
};

export interface ToolWrite {
  scopeKey: ScopeKey;
  hash: string;
  transition: Transition;
  /** The row as read; the condition of the write is made from it. */
  from: ToolRow | undefined;
  /** Token of the writer's claim. */
  token: string;
  change: ToolChange;
  /** ISO 8601. */
  at: string;
}

/** The row as it is now comes with a new revision of it. */
export type ToolWriteResult = { kind: 'written'; row: ToolRow | undefined } | { kind: 'conflict' };

/** The table of tools: the same life, conditions and answers as that of mappings. Reads are consistent. */
export interface ToolStore {
  read(scopeKey: ScopeKey, hash: string): Promise<ToolRow | undefined>;
  write(write: ToolWrite): Promise<ToolWriteResult>;
  /** All tools of a scope. */
  list(scopeKey: ScopeKey): Promise<ToolList>;
}

export interface ToolList {
  rows: readonly ToolRow[];
  /** Names of the rows that cannot be read. */
  unreadable: readonly string[];
}

/** A tool as a row that is changed under a claim. */
export function toolRow(
  tools: Pick<ToolStore, 'write'>,
  { scopeKey, hash }: Pick<ToolRow, 'scopeKey' | 'hash'>,
): ClaimableRow<ToolRow, ToolChange> {
  return { write: (write) => tools.write({ ...write, scopeKey, hash }) };
}

import type { ScopeKey } from '../account/scope.ts';
import type { Claim } from '../mapping/claim.ts';
import type { ClaimableRow } from '../mapping/claim-row.ts';
import { makesRevision, TRANSITIONS, type Transition } from '../mapping/transitions.ts';

/** The tool at Vapi that has a definition. Times are ISO 8601 in UTC. */
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

/** The row after a successful write follows from the write itself (`toolAfter`). */
export type ToolWriteResult = { kind: 'written' | 'conflict' };

/** The table of tools, with the transitions and conditions of mappings. Reads are consistent. */
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
  return {
    write: async (write) => {
      const asked = { ...write, scopeKey, hash };
      const { kind } = await tools.write(asked);
      return kind === 'written' ? { kind, row: toolAfter(asked) } : { kind };
    },
  };
}

/** The row of a tool after a successful write; undefined when the write removed it. */
export function toolAfter({ scopeKey, hash, transition, from, change, at }: ToolWrite): ToolRow | undefined {
  if (TRANSITIONS[transition].to === 'absent') return undefined;
  const { claim, unusedSince, ...fields } = change;
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const before = from ?? { scopeKey, hash, revision: 0, createdAt: at };
  const row: ToolRow = { ...before, ...given, updatedAt: at };
  if (makesRevision(transition)) row.revision += 1;
  if (claim === null) delete row.claim;
  else if (claim) row.claim = claim;
  if (unusedSince === null) delete row.unusedSince;
  else if (unusedSince) row.unusedSince = unusedSince;
  return row;
}

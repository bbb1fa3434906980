import type { Role } from '../configuration/assistant-key.ts';
import type { Change } from './change.ts';

export interface ChangePage {
  items: readonly Change[];
  /** Where the following page begins; absent after the last one of an organisation, always set in the list of all. */
  next?: string | undefined;
}

/** The changes that were kept. */
export interface ChangeStore {
  /** Stores a change. Returns it as it was stored the first time: what is told twice is the same, byte for byte. */
  keep(change: Change): Promise<Change>;
  /** Newest first. Throws `VALIDATION_FAILED` for a cursor that this list never gave out. */
  ofOrganisation(query: {
    orgId: string;
    role: Role | undefined;
    limit: number;
    after: string | undefined;
  }): Promise<ChangePage>;
  /** Changes of all organisations, in the order in which they were stored. `since` is ISO 8601. */
  since(query: { since: string; limit: number; after: string | undefined }): Promise<ChangePage & { next: string }>;
}

import type { Role } from '../configuration/assistant-key.ts';
import type { Change } from './change.ts';

export interface ChangePage {
  items: readonly Change[];
  /** Where the following page begins; absent after the last of an organisation's, always there in the list of all. */
  next?: string | undefined;
}

/** Changes, as they are kept and told. */
export interface ChangeStore {
  /** Keeps a change, and returns it as it was kept the first time: what is told twice is the same, byte for byte. */
  keep(change: Change): Promise<Change>;
  /** Newest first. Throws `VALIDATION_FAILED` for a cursor that is none. */
  ofOrganisation(query: {
    orgId: string;
    role: Role | undefined;
    limit: number;
    after: string | undefined;
  }): Promise<ChangePage>;
  /** Of all organisations, in the order in which they were kept. `since` is ISO 8601. */
  since(query: { since: string; limit: number; after: string | undefined }): Promise<ChangePage & { next: string }>;
}

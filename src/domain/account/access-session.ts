import type { Operation } from '../operation.ts';
import { Problem } from '../problem.ts';
import { type Access, forgetAccess, resolveAccess } from './credentials.ts';
import type { OrganisationRecord } from './organisation-record.ts';

/**
 * The credentials of one operation: resolved once, and read anew at most once when Vapi refuses the key (it may have
 * been rotated), or before something is created that must not rest on a remembered answer.
 */
export interface AccessSession {
  access(record: () => Promise<OrganisationRecord | undefined>): Promise<Access>;
  /** The same, never from memory: a remembered answer may be minutes old. */
  freshAccess(record: OrganisationRecord | undefined): Promise<Access>;
  /** Runs one round of the operation. Undefined: start again from the beginning. */
  reauthorising<T>(round: () => Promise<T | undefined>): Promise<T | undefined>;
}

/** Starts a session for one operation. */
export function openAccessSession({
  credentials,
  key,
  journal,
}: Pick<Operation, 'credentials' | 'key' | 'journal'>): AccessSession {
  let resolved: Access | undefined;
  let reauthorised = false;

  async function access(record: () => Promise<OrganisationRecord | undefined>): Promise<Access> {
    if (resolved) return resolved;
    resolved = await resolveAccess(credentials, { orgId: key.orgId, record, journal });
    journal.record({ code: 'CREDENTIALS_RESOLVED', source: resolved.source, cached: resolved.cached });
    return resolved;
  }

  function refresh(why: 'unauthorized' | 'before-change-of-account'): void {
    forgetAccess(credentials, key.orgId);
    resolved = undefined;
    journal.record({ code: 'CREDENTIALS_REFRESHED', why });
  }

  async function freshAccess(record: OrganisationRecord | undefined): Promise<Access> {
    const remembered = await access(async () => record);
    if (!remembered.cached) return remembered;
    refresh('before-change-of-account');
    return await access(async () => record);
  }

  async function reauthorising<T>(round: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await round();
    } catch (error) {
      const unauthorized = error instanceof Problem && error.code === 'VAPI_UNAUTHORIZED';
      if (!unauthorized || reauthorised) throw error;
      reauthorised = true;
      refresh('unauthorized');
      return undefined;
    }
  }

  return { access, freshAccess, reauthorising };
}

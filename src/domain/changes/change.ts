import type { Actor } from '../actor.ts';
import type { AssistantKey } from '../configuration/assistant-key.ts';
import type { AssistantMapping } from '../mapping/assistant-mapping.ts';
import { changeMark } from '../mapping/change-mark.ts';
import type { Claim } from '../mapping/claim.ts';

export const CHANGE_ACTIONS = [
  'created',
  'recreated',
  'adopted',
  'updated',
  'moved',
  'removed',
  'imported',
  'linked',
] as const;

/** What a finalised claim changed of an assistant. It holds no value of a configuration. */
export interface Change extends AssistantKey {
  /** The token of the claim: the same however often the change is told. */
  id: string;
  /** ISO 8601. */
  at: string;
  action: (typeof CHANGE_ACTIONS)[number];
  assistantId: string;
  revision: number;
  /** Hashes of the configuration before and after; null where there was none, or is none. */
  from: string | null;
  to: string | null;
  /** JSON Pointers of the fields that differ. */
  paths: readonly string[];
  by: Actor | null;
  operationId: string | null;
}

/** A change without the part that only the configurations can tell. */
export type BareChange = Omit<Change, 'paths'>;

/**
 * The change that one write to a row made to its assistant; undefined for a write that changed nothing of it (a claim,
 * a release, a note). Pure. Each change is in exactly one write.
 */
export function changeIn(
  before: AssistantMapping | undefined,
  after: AssistantMapping | undefined,
): BareChange | undefined {
  const claim = before?.claim;
  if (!before || !claim) return undefined;
  if (!after) return removal(before, claim);
  if (after.claim || after.changedAt === undefined || after.changedAt === before.changedAt) return undefined;
  const { assistantId, revision, changedAt: at, specHash: to = null } = after;
  if (!assistantId) return undefined;
  const from = before.specHash ?? null;
  const told = { id: claim.token, at, ...keyOf(after), assistantId, revision, from, to, ...originOf(claim) };
  return { ...told, action: actionOf(claim, before, after) };
}

function removal(before: AssistantMapping, claim: Claim): BareChange | undefined {
  const { assistantId, revision, specHash: from = null } = before;
  if (claim.operation !== 'delete' || !assistantId) return undefined;
  const at = changeMark(before, claim.by, Date.parse(claim.startedAt)).changedAt;
  const told = { id: claim.token, at, ...keyOf(before), assistantId, revision, from, to: null };
  return { ...told, ...originOf(claim), action: 'removed' };
}

function keyOf({ orgId, role }: AssistantKey): AssistantKey {
  return { orgId, role };
}

function originOf({ by, operationId }: Claim): Pick<Change, 'by' | 'operationId'> {
  return { by: by ?? null, operationId: operationId ?? null };
}

function actionOf({ operation, by }: Claim, before: AssistantMapping, after: AssistantMapping): Change['action'] {
  switch (operation) {
    case 'create':
      return before.assistantId ? 'moved' : 'created';
    case 'recreate':
      return 'recreated';
    case 'adopt':
      return by?.kind === 'import' ? 'imported' : 'adopted';
    case 'update':
    case 'delete':
      return isLink(before, after) ? 'linked' : 'updated';
  }
}

/** True when only tools or the number were linked, and the configuration stayed. */
function isLink(before: AssistantMapping, after: AssistantMapping): boolean {
  return before.specHash === after.specHash && linkedPaths(before, after).length > 0;
}

/** What was linked: `/tools`, `/phoneNumber`. A number that is still pending is not. */
export function linkedPaths(before: AssistantMapping | undefined, after: AssistantMapping | undefined): string[] {
  const tools = (row?: AssistantMapping) => (row?.tools.linked ?? []).map(({ toolId }) => toolId).join();
  const number = (row?: AssistantMapping) => (row?.phoneNumber?.status === 'linked' ? row.phoneNumber.id : undefined);
  const isPointed = number(after) !== undefined && number(after) !== number(before);
  return [...(tools(before) === tools(after) ? [] : ['/tools']), ...(isPointed ? ['/phoneNumber'] : [])];
}

import type { DesiredAssistant } from '../configuration/configuration.ts';
import { own } from '../configuration/diff.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import { type AssistantMapping, type LinkedTool, NO_TOOLS, type ToolsState } from '../mapping/assistant-mapping.ts';

/** Which tools at Vapi have the wanted definitions: all of them in the order given, or not all yet. */
export type ToolsFound = { kind: 'known'; linked: readonly LinkedTool[] } | { kind: 'unknown' };

/**
 * The tools in the mapping after the change. All or nothing: until every tool is known, the tools linked before stay.
 */
export function nextToolsState(
  { tools }: DesiredAssistant,
  { found, before }: { found: ToolsFound; before: readonly LinkedTool[] },
): ToolsState {
  const wanted = tools.map(({ hash }) => hash);
  const count = wanted.length;
  if (count === 0) return NO_TOOLS;
  if (found.kind === 'known') return { status: 'linked', count, wanted, linked: found.linked };
  return { status: 'pending', count, wanted, linked: before };
}

interface Linking {
  /** Tools of ours, in the wanted order. */
  ours: readonly string[];
  /** Tools that we linked, or may have linked, before: those that are not wanted now are unlinked. */
  former: readonly string[];
  /** The live assistant, if there is one. */
  live: JsonObject | undefined;
}

/**
 * The payload with our tools in `model.toolIds`. Ids that others linked by hand stay, behind ours; those that the
 * caller names in `model.toolIds` replace them. Without tools of ours, now or before, the payload is left as it is.
 */
export function withToolIds(payload: JsonObject, { ours, former, live }: Linking): JsonObject {
  const { model } = payload;
  if (!isJsonObject(model) || (ours.length === 0 && former.length === 0)) return payload;
  const liveModel = live && own(live, 'model');
  const linkedNow = isJsonObject(liveModel) ? texts(own(liveModel, 'toolIds')) : [];
  const pinned = isJsonObject(liveModel) ? pinnedIds(own(liveModel, 'toolRefs')) : [];
  const declared = Array.isArray(model.toolIds) ? texts(model.toolIds) : undefined;
  const others = (declared ?? linkedNow.filter((id) => !former.includes(id))).filter((id) => !ours.includes(id));
  // A tool whose version somebody has pinned is linked by `toolRefs`; Vapi drops it from `toolIds`.
  const unpinned = ours.filter((id) => !pinned.includes(id));
  return {
    ...payload,
    model: { ...model, toolIds: inLiveOrder([...unpinned, ...others], { ours: unpinned, linkedNow }) },
  };
}

/**
 * Keeps the live order when only the place of foreign tools among ours differs: that alone is no reason for a change.
 */
function inLiveOrder(
  wanted: readonly string[],
  { ours, linkedNow }: { ours: readonly string[]; linkedNow: readonly string[] },
): string[] {
  const isSame = (a: readonly string[], b: readonly string[]) =>
    a.length === b.length && a.every((id, index) => id === b[index]);
  const hasSameMembers = isSame(wanted.toSorted(), linkedNow.toSorted());
  const liveOurs = linkedNow.filter((id) => ours.includes(id));
  return hasSameMembers && isSame(liveOurs, ours) ? [...linkedNow] : [...wanted];
}

/** Ids of tools that this service has linked, or may have, in the account that is used now. */
export function formerToolIds(mapping: AssistantMapping | undefined, lastApplied: readonly JsonObject[]): string[] {
  const linked = (mapping?.tools.linked ?? []).map(({ toolId }) => toolId);
  const attempted = (mapping?.attempted ?? []).flatMap(({ toolIds }) => toolIds ?? []);
  const declared = lastApplied.flatMap((payload) => {
    const model = own(payload, 'model');
    return isJsonObject(model) ? texts(own(model, 'toolIds')) : [];
  });
  return [...linked, ...attempted, ...declared];
}

/** True when both say the same of the wanted and the linked tools; why Vapi refused one does not count. */
export function isSameTools(a: ToolsState, b: ToolsState): boolean {
  const ids = ({ linked }: ToolsState) => linked.map(({ hash, toolId }) => `${hash}=${toolId}`).join();
  return a.status === b.status && a.wanted.join() === b.wanted.join() && ids(a) === ids(b);
}

/** Ids of the tools that a model links, those with a pinned version included. */
export function linkedToolIds(model: Json | undefined): string[] {
  if (!isJsonObject(model)) return [];
  return [...texts(own(model, 'toolIds')), ...pinnedIds(own(model, 'toolRefs'))];
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function pinnedIds(refs: Json | undefined): string[] {
  if (!Array.isArray(refs)) return [];
  return refs.filter(isJsonObject).flatMap(({ toolId }) => (typeof toolId === 'string' ? [toolId] : []));
}

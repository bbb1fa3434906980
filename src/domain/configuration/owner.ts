import type { Resource } from '../account/vapi-account.ts';
import { isJsonObject } from '../json.ts';
import { Problem } from '../problem.ts';
import { type AssistantKey, parseAssistantKey } from './assistant-key.ts';
import { isOurs } from './configuration.ts';

/** For whom this deployment made an assistant, as its metadata says; undefined when it did not. */
export function ownerOf({ config }: Resource, deployment: string): AssistantKey | undefined {
  const { metadata } = config;
  if (!isJsonObject(metadata)) return undefined;
  try {
    const key = parseAssistantKey(metadata.orgId, metadata.role);
    return isOurs(config, key, deployment) ? key : undefined;
  } catch (error) {
    // Metadata can be edited by anybody: what names no possible owner is not ours.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

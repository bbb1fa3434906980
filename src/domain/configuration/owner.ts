import type { Resource } from '../account/vapi-account.ts';
import { Problem } from '../problem.ts';
import { type AssistantKey, parseAssistantKey } from './assistant-key.ts';
import { isOurs, metadataOf } from './configuration.ts';

/**
 * Whose assistant this is, by the metadata that this deployment wrote; undefined when this deployment did not make it.
 */
export function ownerOf({ config }: Resource, deployment: string): AssistantKey | undefined {
  const { orgId, role } = metadataOf(config);
  try {
    const key = parseAssistantKey(orgId, role);
    return isOurs(config, key, deployment) ? key : undefined;
  } catch (error) {
    // Anybody can edit metadata: an assistant whose metadata names no possible owner is not ours.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}

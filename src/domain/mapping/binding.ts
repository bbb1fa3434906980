import { hashOf } from '../configuration/canonical-hash.ts';
import type { Operation } from '../operation.ts';
import { isoNow } from '../runtime.ts';
import type { AssistantMapping, TemplateBinding } from './assistant-mapping.ts';
import { mappingAfter } from './mapping-after.ts';

/** True when both bind to the same version with the same values, whichever operation made them. */
export function isSameBinding(a: TemplateBinding | undefined, b: TemplateBinding | undefined): boolean {
  if (!a || !b) return a === b;
  return contentOf(a) === contentOf(b);
}

function contentOf({ id, version, variables = {}, overrides = {} }: TemplateBinding): string {
  return hashOf({ id, version, variables, overrides });
}

/**
 * Changes only the binding of an assistant, to a template or to none (null): one write, without a claim. Returns
 * undefined when the row has changed since it was read.
 */
export async function rebind(
  operation: Operation,
  from: AssistantMapping,
  template: TemplateBinding | null,
): Promise<AssistantMapping | undefined> {
  const { key, id, mappings, runtime, precondition } = operation;
  const token = runtime.uniqueId();
  const change = { template, revisedBy: id };
  const write = { key, from, change, token, at: isoNow(runtime), transition: 'rebind' } as const;
  const result = await mappings.write(write);
  const mapping = mappingAfter(write);
  if (result.kind === 'conflict' || !mapping) return undefined;
  precondition?.follow(mapping);
  return mapping;
}

import type { JsonObject } from '../stack/json.ts';
import { ASSISTANT } from './assistant-schema.ts';
import { checkShape, each, type Shape, text } from './checks.ts';
import { phoneNumberShape } from './phone-number-schema.ts';
import { toolShape } from './tool-schema.ts';

/** The kinds of resources, as their paths spell them. */
export const RESOURCE_NAMES = ['assistant', 'tool', 'phone-number', 'credential', 'structured-output'] as const;
/** One of them. */
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** Tells a resource's path segment from any other text. */
export function isResourceName(name: string | undefined): name is ResourceName {
  return RESOURCE_NAMES.some((known) => known === name);
}

/** Of these kinds only the name matters here. */
const NAMED: Shape = { fields: { ...each('type provider'), name: text() } };

/** The complaints about the body of a POST (`stored` absent) or of a PATCH of what is stored. */
export function complaints(resource: ResourceName, body: JsonObject, stored?: JsonObject): string[] {
  const shape = shapeOf(resource, { ...stored, ...body });
  return checkShape(body, stored ? { fields: shape.fields } : shape);
}

function shapeOf(resource: ResourceName, whole: JsonObject) {
  switch (resource) {
    case 'assistant':
      return ASSISTANT;
    case 'tool':
      return toolShape(whole.type);
    case 'phone-number':
      return phoneNumberShape(whole.provider);
    case 'credential':
    case 'structured-output':
      return NAMED;
  }
}

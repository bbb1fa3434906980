import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { FieldError } from '../problem.ts';
import { hashOf } from './canonical-hash.ts';
import { differences, own } from './diff.ts';

/** A tool as it is asked for. It has no name of its own: it is identified by its definition. */
export interface DesiredTool {
  /** SHA-256 (hex) of the RFC 8785 canonical JSON of `definition`. */
  hash: string;
  definition: JsonObject;
}

/** Most tools of one assistant. */
const MAX_TOOLS = 100;

const FUNCTION_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Reads the `tools` of a request; null and absent mean none. Adds what is wrong to `errors`; everything deeper is
 * Vapi's to judge.
 */
export function parseTools(tools: Json | undefined, errors: FieldError[]): JsonObject[] {
  if (tools === undefined || tools === null) return [];
  if (!Array.isArray(tools)) {
    errors.push({ field: 'tools', detail: 'must be a list of tool definitions' });
    return [];
  }
  if (tools.length > MAX_TOOLS) errors.push({ field: 'tools', detail: `use at most ${MAX_TOOLS} tools` });
  return tools.filter((tool, index): tool is JsonObject => {
    const found = toolErrors(tool, `tools.${index}`);
    errors.push(...found);
    return found.length === 0;
  });
}

function toolErrors(tool: Json, field: string): FieldError[] {
  if (!isJsonObject(tool)) return [{ field, detail: 'must be a tool definition (an object)' }];
  if (typeof tool.type !== 'string' || tool.type === '') {
    return [{ field: `${field}.type`, detail: 'name the type of the tool, for example "function"' }];
  }
  if (tool.type !== 'function') return [];
  const name = isJsonObject(tool.function) ? tool.function.name : undefined;
  if (typeof name === 'string' && FUNCTION_NAME.test(name)) return [];
  return [{ field: `${field}.function.name`, detail: 'use 1 to 64 letters, digits, "_" and "-"' }];
}

/** The tools of a configuration, each definition once, in the order given. */
export function desireTools(definitions: readonly JsonObject[]): DesiredTool[] {
  const tools = definitions.map((definition) => ({ hash: hashOf(definition), definition }));
  return tools.filter(({ hash }, index) => tools.findIndex((other) => other.hash === hash) === index);
}

/** Fields with what a tool does and says: Vapi never fills these in by itself. */
const CONTENT: readonly string[] = [
  'function',
  'parameters',
  'messages',
  'server',
  'destinations',
  'knowledgeBases',
  'description',
  'url',
  'headers',
  'body',
  'code',
];

/**
 * True when a tool at Vapi has this definition and nothing more, apart from defaults that Vapi may have added. In doubt
 * it is false: a tool that is made twice does no harm, a wrong tool is called.
 */
export function isDefinedBy(live: JsonObject, definition: JsonObject): boolean {
  if (differences(definition, live, '').length > 0) return false;
  const added = CONTENT.filter((name) => !Object.hasOwn(definition, name));
  if (added.some((name) => isContent(own(live, name)))) return false;
  return Object.entries(definition).every(([name, value]) => !saysMore(own(live, name), value));
}

/** True when the live value has text or structure in it that was never asked for. */
function saysMore(live: Json | undefined, wanted: Json): boolean {
  if (isJsonObject(live) && isJsonObject(wanted)) {
    return Object.entries(live).some(([name, value]) =>
      Object.hasOwn(wanted, name) ? saysMore(value, wanted[name] ?? null) : isContent(value),
    );
  }
  if (Array.isArray(live) && Array.isArray(wanted)) {
    return live.some((item, index) => saysMore(item, wanted[index] ?? null));
  }
  return false;
}

function isContent(value: Json | undefined): boolean {
  if (typeof value === 'string' || Array.isArray(value)) return value.length > 0;
  return isJsonObject(value) && Object.values(value).some(isContent);
}

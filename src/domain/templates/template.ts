import type { Role } from '../configuration/assistant-key.ts';
import type { Json, JsonObject } from '../json.ts';

export const VARIABLE_TYPES = ['string', 'number', 'boolean', 'json'] as const;
type VariableType = (typeof VARIABLE_TYPES)[number];

/** A variable of a template. */
export interface Variable {
  type: VariableType;
  /** True: rendering without a value is an error. False: the field is left out. */
  required?: boolean;
  default?: Json;
}

/** The content of a template: a configuration with places for values. */
export interface TemplateContent {
  description?: string;
  /** The roles that the template is for; absent: all. */
  roles?: readonly Role[];
  variables: Readonly<Record<string, Variable>>;
  /** What PUT of an assistant takes, with `${name}` where a value goes. */
  assistant: JsonObject;
}

/** One version of a template. It never changes. */
export interface Template {
  templateId: string;
  /** From 1. */
  version: number;
  /** SHA-256 (hex) of the RFC 8785 canonical JSON of the content. */
  hash: string;
  content: TemplateContent;
}

/** A template as a list shows it: its newest version. */
export interface TemplateHead extends Omit<Template, 'content'>, Pick<TemplateContent, 'description' | 'roles'> {}

/** Templates. Reads are consistent. */
export interface TemplateStore {
  newest(templateId: string): Promise<Template | undefined>;
  version(templateId: string, version: number): Promise<Template | undefined>;
  /** Adds a version; false when there is one with this number. */
  add(template: Template): Promise<boolean>;
  /** Shows a version in the list, unless the list has a newer one. */
  show(head: TemplateHead): Promise<void>;
  /** In the order of their ids. Throws `VALIDATION_FAILED` for an `after` that this list never gave out. */
  list(query: {
    limit: number;
    after: string | undefined;
  }): Promise<{ items: readonly TemplateHead[]; next?: string | undefined }>;
}

/** The variables that an organisation gives to all templates. */
export interface VariableStore {
  read(orgId: string): Promise<JsonObject>;
  /** `from`: only if these are still the values; false when they are not. */
  replace(orgId: string, values: JsonObject, from?: JsonObject): Promise<boolean>;
}

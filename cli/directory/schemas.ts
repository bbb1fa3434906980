import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from './write-whole.ts';

/** A JSON Schema of a file of an organisation, for editors. The service itself checks the configurations in it. */
const ORGANISATION = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'An organisation of vapi-sync',
  type: 'object',
  required: ['assistants'],
  additionalProperties: false,
  properties: {
    variables: { type: 'object', description: 'Values for templates' },
    assistants: {
      type: 'object',
      additionalProperties: false,
      description: 'A configuration, or a binding: template, version, variables, overrides',
      properties: { inbound: { $ref: '#/$defs/assistant' }, outbound: { $ref: '#/$defs/assistant' } },
    },
  },
  $defs: {
    assistant: {
      type: 'object',
      description:
        'What the create-assistant call of Vapi takes, and `tools`; $' + '{env:NAME} is a value of the environment',
      properties: {
        name: { type: 'string', maxLength: 40 },
        firstMessage: { type: 'string' },
        model: {
          type: 'object',
          required: ['provider', 'model'],
          properties: { provider: { type: 'string' }, model: { type: 'string' }, messages: { type: 'array' } },
        },
        voice: { type: 'object', properties: { provider: { type: 'string' }, voiceId: { type: 'string' } } },
        tools: { type: 'array', items: { type: 'object' } },
      },
    },
  },
};

/** A JSON Schema of a template. */
const TEMPLATE = {
  $schema: ORGANISATION.$schema,
  title: 'A template of vapi-sync',
  type: 'object',
  required: ['assistant'],
  additionalProperties: false,
  properties: {
    description: { type: 'string', maxLength: 1000 },
    roles: { type: 'array', minItems: 1, items: { enum: ['inbound', 'outbound'] } },
    variables: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        required: ['type'],
        properties: {
          type: { enum: ['string', 'number', 'boolean', 'json'] },
          required: { type: 'boolean' },
          default: {},
        },
      },
    },
    assistant: { $ref: '#/$defs/assistant' },
  },
  $defs: ORGANISATION.$defs,
};

/** Writes the schemas that the files of a directory name in their first line. */
export function writeSchemas(path: string): void {
  const folder = join(path, 'schemas');
  mkdirSync(folder, { recursive: true });
  for (const [name, schema] of Object.entries({ organisation: ORGANISATION, template: TEMPLATE })) {
    writeWhole(join(folder, `${name}.json`), `${JSON.stringify(schema, null, 2)}\n`);
  }
}

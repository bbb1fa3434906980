import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A JSON Schema of a file of an organisation, for editors. The service itself checks what a configuration holds. */
const ORGANISATION = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'An organisation of vapi-sync',
  type: 'object',
  required: ['assistants'],
  additionalProperties: false,
  properties: {
    assistants: {
      type: 'object',
      additionalProperties: false,
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

/** Writes the schemas that the files of a directory name in their first line. */
export function writeSchemas(path: string): void {
  const folder = join(path, 'schemas');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'organisation.json'), `${JSON.stringify(ORGANISATION, null, 2)}\n`);
}

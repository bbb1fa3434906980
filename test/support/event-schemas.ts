import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { CHECKOUT } from './checkout.ts';

const text = readFileSync(join(CHECKOUT, 'docs/events.md'), 'utf8');
const ajv = addFormats(new Ajv2020());
const [isChange, isFinding, isRollout] = [...text.matchAll(/```json\n(\{\n {2}"\$schema".*?)\n```/gs)].map(
  ([, schema = '']) => ajv.compile(JSON.parse(schema)),
);

/** What is wrong with an event by the schemas of docs/events.md. */
export function eventErrors({ type, detail }: { type: string; detail: unknown }): unknown {
  const ofRollout = type.startsWith('Rollout ') ? isRollout : isFinding;
  const validate = type.startsWith('Assistant ') ? isChange : ofRollout;
  return validate?.(detail) === true ? [] : [type, validate?.errors];
}

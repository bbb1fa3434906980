import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTATIONS } from '../../scripts/mutations/mutation-list.ts';
import { SUBTLE_MUTATIONS } from '../../scripts/mutations/subtle-mutations.ts';
import { CHECKOUT } from '../support/checkout.ts';

const edits = [...MUTATIONS, ...SUBTLE_MUTATIONS].flatMap((mutation) => {
  const { name, inMemory } = mutation;
  return inMemory ? [mutation, { ...inMemory, name: `${name}, in memory` }] : [mutation];
});

it.each(edits)('the mutation "$name" fits the code', ({ file, from }) => {
  const source = readFileSync(join(CHECKOUT, file), 'utf8');
  expect(source.split(from)).toHaveLength(2);
});

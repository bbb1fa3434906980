import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MUTATIONS } from '../../scripts/mutations/mutation-list.ts';
import { CHECKOUT } from '../support/checkout.ts';

it.each(MUTATIONS)('the mutation "$name" fits the code', ({ file, from }) => {
  const source = readFileSync(join(CHECKOUT, file), 'utf8');
  expect(source.split(from)).toHaveLength(2);
});

import { Problem } from '../../../src/domain/problem.ts';
import { parseRollout } from '../../../src/domain/rollouts/start/parse-rollout.ts';

/** What is said of a field. */
function detailOf(more: object, field: string): string | undefined {
  try {
    parseRollout({ template: 'clinic', version: 2, ...more });
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.find((one) => one.field === field)?.detail;
  }
}

const amount = (least: number) => `use a number from ${least}, or a percentage such as "1%"`;
const LIST = 'must be a list';

it.each<[string, string, object]>([
  ['waves.first', amount(1), { waves: { first: 0 } }],
  ['waves.first', amount(1), { waves: { first: 1.5 } }],
  ['waves.first', amount(1), { waves: { first: '0x' } }],
  ['waves.first', amount(1), { waves: { first: true } }],
  ['waves.factor', 'use a number from 1 to 100', { waves: { factor: 0 } }],
  ['waves.factor', 'use a number from 1 to 100', { waves: { factor: 101 } }],
  ['waves.bakeSeconds', 'use a number from 0 to 86400', { waves: { bakeSeconds: -1 } }],
  ['waves', 'must be an object: first, growth, factor, bakeSeconds', { waves: 3 }],
  ['failureTolerance', amount(0), { failureTolerance: '200%' }],
  // It is kept with the rollout, which is one item.
  ['failureTolerance', amount(0), { failureTolerance: `1.${'0'.repeat(500_000)}%` }],
  ['failureTolerance', amount(0), { failureTolerance: -1 }],
  ['select', 'must be an object: roles, fromVersions, orgIds', { select: [] }],
  ['select.roles', LIST, { select: { roles: 'inbound' } }],
  ['select.fromVersions', LIST, { select: { fromVersions: 1 } }],
  ['select.orgIds', LIST, { select: { orgIds: 'globex' } }],
  ['select.orgIds.0', 'use ids of organisations', { select: { orgIds: [1] } }],
  ['select.orgIds', 'use at most 10000', { select: { orgIds: Array.from({ length: 10_001 }, String) } }],
  ['alarms', LIST, { alarms: 'errors' }],
  ['alarms.0', 'use the name of an alarm, 1 to 255 characters', { alarms: [''] }],
  ['alarms', 'use at most 20', { alarms: Array.from({ length: 21 }, String) }],
  ['maxConcurrent', 'use a number from 1 to 50', { maxConcurrent: 51 }],
])('of %s is said: %s', (field, detail, more) => {
  expect(detailOf(more, field)).toBe(detail);
});

it.each([
  {},
  { failureTolerance: '2%', waves: { first: '10%', factor: 1 } },
  { failureTolerance: 0, alarms: ['errors'] },
])('%j is taken', (more) => {
  expect(parseRollout({ template: 'clinic', version: 2, ...more })).toMatchObject({ template: 'clinic', ...more });
});

import type { Finding } from '../../console/src/common/api-types.ts';
import { groupsOf } from '../../console/src/drift/findings.ts';

let made = 0;
function finding(parts: Partial<Finding>): Finding {
  made += 1;
  return {
    id: String(made),
    class: 'drifted',
    scope: 'platform',
    mode: 'report',
    foundAt: '2026-11-29T12:00:00Z',
    ...parts,
  };
}
const change = (path: string) => ({ path, wanted: 'a', live: 'b', origin: 'edited-at-vapi' as const });

it('findings are grouped by class and cause, the largest group first', () => {
  const groups = groupsOf([
    finding({ changes: [change('/voice')], changed: 1 }),
    finding({ class: 'missing' }),
    finding({ changes: [change('/name')], changed: 1 }),
    finding({ class: 'pending', cause: 'tools' }),
    finding({ changes: [change('/name')], changed: 1 }),
    finding({ changes: ['/a', '/b', '/c', '/d'].map(change), changed: 6 }),
  ]);
  expect(groups.map(({ class: name, cause, findings }) => [name, cause, findings.length])).toEqual([
    ['drifted', '/name', 2],
    ['drifted', '/voice', 1],
    ['missing', 'Vapi does not have it any more', 1],
    ['pending', 'tools', 1],
    ['drifted', '/a, /b, /c and 3 more', 1],
  ]);
});

import { showChange } from '../../../src/domain/drift/check/shown-change.ts';

it('a value is not cut through a letter, and a pointer that is too long names what is around it', () => {
  const path = `/metadata/${'x'.repeat(300_000)}`;
  const change = { path, wanted: `${'a'.repeat(119)}\u{1F600}${'b'.repeat(200)}`, live: 'a' };
  const shown = showChange(change, 'edited-at-vapi');
  expect(shown.path).toBe('/metadata');
  expect(shown.wanted.isWellFormed()).toBe(true);
});

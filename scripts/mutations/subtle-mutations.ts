import type { Mutation } from './mutation-list.ts';

/** Breaks that a thousand random runs of each kind do not notice, and that the explorer of every order does. */
export const SUBTLE_MUTATIONS: readonly Mutation[] = [
  {
    name: 'the worker brings an older configuration back',
    file: 'src/domain/sync/reapply-assistant.ts',
    from: '    expected: { specHash: applied.mapping.specHash },\n',
    to: '',
    seenIn: ['reapply', 'no fault'],
  },
  {
    name: 'a DELETE that has lost its claim says that it removed the row',
    file: 'src/domain/sync/remove-assistant.ts',
    from: "if (result.kind === 'conflict') return false;",
    to: '',
    seenIn: ['remove', 'one frozen process'],
  },
  {
    name: 'an import does not mind a create of unknown outcome',
    file: 'src/domain/sync/import-assistant.ts',
    from: 'if (claim && mayHaveCreated(claim)) {',
    to: 'if (claim && mayHaveCreated(claim) && mapping?.assistantId) {',
    seenIn: ['import', 'unresolved'],
  },
  {
    name: 'an import replaces what is mapped',
    file: 'src/domain/sync/import-assistant.ts',
    from: '  if (mapping?.assistantId) {\n    return refused(`cannot',
    to: '  if (mapping?.assistantId && mapping.claim) {\n    return refused(`cannot',
    seenIn: ['import'],
  },
  {
    name: 'an import acts beside a holder',
    file: 'src/domain/sync/import-assistant.ts',
    from: 'if (claim && isHeld(claim, operation.runtime.now())) return',
    to: 'if (claim && isHeld(claim, operation.runtime.now()) && mapping?.assistantId) return',
    seenIn: ['import', 'no fault'],
  },
  {
    name: 'a maker that has lost its claim removes what another has adopted',
    file: 'src/domain/sync/finalise.ts',
    from: 'if (mapping?.assistantId === assistant.id) return [];',
    to: '',
    seenIn: ['ensure a1 ∥ ensure a1', 'one frozen process', 'nothing'],
  },
  {
    name: 'a DELETE does not wait for a create to settle',
    file: 'src/domain/sync/remove-assistant.ts',
    from: '  assertSettled(mapping, { strays, now: operation.runtime.now() });\n',
    to: '',
    seenIn: ['remove', 'one lost', 'nothing'],
  },
  {
    name: 'a claim is taken over for an update without a look-up',
    file: 'src/domain/sync/ensure-assistant.ts',
    from: 'if (!mapping?.assistantId || mapping.claim || restarts',
    to: 'if (!mapping?.assistantId || restarts',
    seenIn: ['ensure a2', 'one crash', 'deleted'],
  },
  {
    name: 'the numbers follow beside a holder',
    file: 'src/domain/sync/follow-with-numbers.ts',
    from: '  const held = mapping.claim\n    ? undefined\n    : await takeClaim',
    to: '  const held = mapping.claim && mapping.formerNumbers.length > 0\n    ? undefined\n    : await takeClaim',
    seenIn: ['work', 'number linked'],
  },
  {
    name: 'a PATCH that may still arrive does not keep the claim from being taken before the look',
    file: 'src/domain/sync/ensure-assistant.ts',
    from: '&&\n    !mapping.attempted.some(({ until }) => runtime.now() < Date.parse(until))',
    to: '&& runtime.now() > 0',
    seenIn: ['ensure a1 ∥ ensure a2', 'one lost', 'synced'],
  },
  {
    name: 'the worker goes on though a DELETE was begun meanwhile',
    file: 'src/domain/mapping/expectation.ts',
    from: "  if (isBeingRemoved(mapping.claim)) throw failed('it is being removed');\n",
    to: '',
    seenIn: ['remove ∥ reapply', 'one lost'],
  },
  {
    name: 'a rollout does not look whether somebody has changed its target meanwhile',
    file: 'src/domain/rollouts/apply-target.ts',
    from: 'const expected = { planned: plannedRow(target, operation.id) };',
    to: 'const expected = {};',
    seenIn: ['bound'],
  },
];

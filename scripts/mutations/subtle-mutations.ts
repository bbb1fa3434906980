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
    seenIn: ['remove ∥ remove', 'one frozen process'],
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
    seenIn: ['bound', 'no fault'],
  },
  {
    name: 'an assistant is taken over from one that is about to map it',
    file: 'src/domain/sync/own-assistant.ts',
    from: '  if (isUsed) throw taken(assistant.id, key, by);\n',
    to: '  if (isUsed && mapping.assistantId) throw taken(assistant.id, key, by);\n',
    seenIn: ['named by two'],
  },
  {
    name: 'a DELETE of unknown outcome gives its claim back',
    file: 'src/domain/sync/remove-assistant.ts',
    from: 'if (isBegun || !madeNoChange(error)) await leaveUnresolved',
    to: 'if (isBegun) await leaveUnresolved',
    seenIn: ['remove ∥ reapply', 'one lost'],
  },
];

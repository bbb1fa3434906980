/** A replacement of one text by another; the file must have the text exactly once. */
export interface Edit {
  file: string;
  from: string;
  to: string;
}

/** A break of one rule of the protocol. */
export interface Mutation extends Edit {
  name: string;
  /** The tests that notice it, if not those of the faults. */
  noticedBy?: string;
  /** The same break for the explorer, which works on stores in memory. */
  inMemory?: Edit;
  /** Words of the cases in which the explorer looks for it; absent: all of them, which takes an hour. */
  seenIn?: readonly string[];
  /** Why the explorer of every order cannot notice it. */
  beyondExplorer?: string;
}

const MEMORY = 'test/support/memory-stores.ts';
const STATE_CHECK = 'if (!states.includes(stateOf(current))) return false;';

const CONDITIONS = 'src/adapters/dynamodb/rows/claimed-row-conditions.ts';
const GUARD = 'const { from, guard } = TRANSITIONS[write.transition];';

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'POST retried once',
    file: 'src/domain/sync/carry-out.ts',
    from: 'act: () => account.assistants.create(payload)',
    to: "act: async () => { const first = await account.assistants.create(payload); return first.kind === 'unknown' ? await account.assistants.create(payload) : first; }",
    seenIn: ['ensure a1', 'unresolved', 'no fault'],
  },
  {
    name: 'POST of a tool retried once',
    file: 'src/domain/tools/register-tool.ts',
    from: '() => account.create(tool.definition)',
    to: "async () => { const first = await account.create(tool.definition); return first.kind === 'unknown' ? await account.create(tool.definition) : first; }",
    seenIn: ['work', 'one lost'],
  },
  {
    name: 'look-up before re-create removed',
    file: 'src/domain/sync/strays.ts',
    from: 'if (!claim) return [];',
    to: 'if (!claim || claim.unresolvedAt) return [];',
    seenIn: ['ensure a1', 'unresolved', 'no fault'],
  },
  {
    name: 'expired claim taken over without look-up',
    file: 'src/domain/sync/strays.ts',
    from: 'if (!claim) return [];',
    to: 'if (!claim?.unresolvedAt) return [];',
    seenIn: ['ensure a1', 'one crash', 'nothing'],
  },
  {
    name: 'claim condition removed',
    file: CONDITIONS,
    from: GUARD,
    to: `${GUARD} if (guard === 'as-read') return { expression: 'attribute_not_exists(nothing)', names: {}, values: {} };`,
    inMemory: { file: MEMORY, from: STATE_CHECK, to: `if (guard === 'as-read') return true; ${STATE_CHECK}` },
    seenIn: ['ensure a1', 'nothing', 'no fault'],
  },
  {
    name: 'finalise without the token',
    file: CONDITIONS,
    from: GUARD,
    to: `${GUARD} if (guard === 'own-token') return { expression: 'attribute_exists(pk)', names: {}, values: {} };`,
    inMemory: {
      file: MEMORY,
      from: STATE_CHECK,
      to: `if (guard === 'own-token') return current !== undefined; ${STATE_CHECK}`,
    },
    seenIn: ['ensure a1', 'one frozen process', 'nothing'],
  },
  {
    name: 'create not waited for to settle',
    file: 'src/domain/sync/decide.ts',
    from: 'if (!mayHaveCreated(claim) || now >= settlesAt(claim)) return false;',
    to: 'if (mayHaveCreated(claim) || now >= settlesAt(claim)) return false;',
    seenIn: ['ensure a1', 'one lost', 'nothing'],
  },
  {
    name: 'claim given back after an unknown outcome',
    file: 'src/domain/mapping/claim-row.ts',
    from: "transition: 'leave-unresolved', change: { claim: left }",
    to: "transition: 'abandon', change: {}",
    seenIn: ['ensure a1', 'one lost', 'nothing'],
  },
  {
    name: 'attempted configurations forgotten',
    file: 'src/domain/mapping/hold-claim.ts',
    from: 'const attempted = withAttempt(mapping?.attempted ?? [], { specHash, toolIds, claim });',
    to: 'const attempted = mapping?.attempted ?? [];',
    seenIn: ['ensure a1 ∥ ensure b1', 'one lost', 'synced'],
  },
  {
    name: 'assistant of a lost claim not removed',
    file: 'src/domain/sync/finalise.ts',
    from: 'const unremoved = input.made ? await disownUnlessMapped(operation, input) : [];',
    to: 'const unremoved: readonly Retiree[] = [];',
    seenIn: ['ensure a1 ∥ ensure a1', 'one frozen process', 'nothing'],
  },
  {
    name: 'a DELETE that was cut off is undone',
    file: 'src/domain/mapping/claim.ts',
    from: "return claim?.operation === 'delete';",
    to: 'return claim === null;',
    seenIn: ['remove ∥ reapply', 'one crash'],
  },
  {
    name: 'an assistant adopted by two organisations',
    file: 'src/domain/sync/own-assistant.ts',
    from: "if (first.kind === 'owned') return;",
    to: 'if (first.kind) return;',
    noticedBy: 'test/handlers/shared-assistant',
    seenIn: ['named by two', 'no fault'],
  },
  {
    name: 'removals not counted before they are made',
    file: 'src/domain/drift/heal/decide-heal.ts',
    from: '(healing.removals ?? healing.removed) < maxRemovals',
    to: 'healing.removed <= maxRemovals',
    noticedBy: 'test/domain/drift/brakes',
    beyondExplorer: 'drift runs are not explored',
  },
  {
    name: 'a 404 believed of any key',
    file: 'src/domain/sync/observe.ts',
    from: 'if (account.keyFingerprint !== mapping.keyFingerprint) await assertSameAccount(account, mapping);',
    to: '',
    noticedBy: 'test/handlers/sync',
    seenIn: ['key of another account', 'no fault'],
  },
  {
    name: 'a tool that an earlier POST may still make not waited for',
    file: 'src/domain/tools/register-tool.ts',
    from: 'return !toolId && now < untilMs ?',
    to: 'return !toolId && now < 0 ?',
    seenIn: ['work', 'one lost', 'tools pending'],
  },
  {
    name: 'a tool linked anew without a look at Vapi',
    file: 'src/domain/tools/find-tools.ts',
    from: "(await account.get(toolId)).kind === 'found' ? toolId : undefined",
    to: 'account ? toolId : undefined',
    noticedBy: 'test/handlers/deleted-tools',
    seenIn: ['tool deleted', 'no fault'],
  },
  {
    name: 'a claim taken before the look not given back',
    file: 'src/domain/sync/ensure-assistant.ts',
    from: 'if (held) await giveBack(operation, { held, attempted: mapping?.attempted ?? [] });',
    to: '',
    noticedBy: 'test/handlers/claim-and-look',
    seenIn: ['ensure a2', 'deleted', 'no fault'],
  },
  {
    name: 'Vapi changed though the configuration could not be kept',
    file: 'src/domain/mapping/claim-and-keep.ts',
    from: "if (held && kept.status === 'rejected') {",
    to: "if (!held && kept.status === 'rejected') {",
    noticedBy: 'test/handlers/claim-and-look',
    seenIn: ['ensure a2', 'one lost', 'synced'],
  },
  {
    name: 'a pin said to be off that was not taken off',
    file: 'src/domain/traffic/live.ts',
    from: 'await traffic.followLatest(assistantId, allocation.id);',
    to: '',
    seenIn: ['pinned', 'no fault'],
  },
  {
    name: 'what callers hear not looked at after an update',
    file: 'src/domain/sync/carry-out.ts',
    from: 'return await lookAtLive(operation, account, { assistantId, wish: traffic });',
    to: 'return { live: CURRENT };',
    seenIn: ['pinned', 'no fault'],
  },
  {
    name: 'numbers that were replaced forgotten',
    file: 'src/domain/sync/decide.ts',
    from: 'formerNumbers: formerNumbers(mapping, { wanted: phoneNumberId, scope }),',
    to: 'formerNumbers: formerNumbers(mapping, { wanted: phoneNumberId, scope }).slice(0, 0),',
    seenIn: ['number changed', 'no fault'],
  },
  {
    name: 'the assistant of an unreadable row taken for a stray',
    file: 'src/domain/drift/check/check-stray.ts',
    from: 'if (hidden) return reportUnreadable(check, { ...hidden, ...owner, assistantId: live.id });',
    to: 'if (hidden) view.unreadable = [];',
    noticedBy: 'test/handlers/unreadable-rows',
    beyondExplorer: 'drift runs are not explored',
  },
  {
    name: 'a claim does not mind what was noted since the row was read',
    file: CONDITIONS,
    from: 'const isUntouched = makesRevision(transition);',
    to: 'const isUntouched = false;',
    noticedBy: 'test/contracts/dynalite',
    beyondExplorer: 'its clock stands still while a row is noted',
  },
  {
    name: 'the shape of another configuration believed',
    file: 'src/domain/sync/observe.ts',
    from: 'shapeMark(hash, desired.payload) !== specShape',
    to: 'shapeMark(hash, desired.payload)?.slice(-16) !== specShape.slice(-16)',
    noticedBy: 'test/handlers/shape',
    beyondExplorer: 'two versions of the service at once are not explored',
  },
];

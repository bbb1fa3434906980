import type { JsonObject } from '../../../src/domain/json.ts';
import type { AssistantMapping } from '../../../src/domain/mapping/assistant-mapping.ts';
import { claimTokenOf, decide } from '../../../src/domain/sync/decide.ts';
import { SETTLE_MS } from '../../../src/domain/timing.ts';
import {
  assistant,
  claim,
  GONE,
  HASH,
  inputOf,
  iso,
  LIVE,
  mapping,
  OLD_HASH,
  outline,
  PAYLOAD,
  type Situation,
  stray,
  unfinished,
} from './decide-situations.ts';

interface Case {
  name: string;
  why: string;
  seen: Situation;
  plan: string;
}

function check({ seen, plan }: Case): void {
  expect(outline(decide(inputOf(seen)))).toBe(plan);
}

const held = (more = {}) => claim({ expiresAt: iso(1), ...more });
const unsettled = (more = {}) => claim({ unresolvedAt: iso(-1_000), ...more });
const withoutHash = ({ specHash: _dropped, ...rest }: AssistantMapping): AssistantMapping => rest;
const old = { assistantId: 'old', scope: 'platform' } as const;

describe('nobody acts beside a holder', () => {
  const cases: Case[] = [
    {
      name: 'a first create is under way',
      why: 'a second would be a second assistant',
      seen: { mapping: unfinished(held()) },
      plan: 'wait for t1',
    },
    {
      name: 'an update is under way',
      why: 'two PATCHes would mix two configurations',
      seen: { mapping: mapping({ claim: held({ operation: 'update' }) }), mapped: LIVE },
      plan: 'wait for t1',
    },
    {
      name: 'a delete is under way',
      why: 'the assistant that is seen may be gone in a moment',
      seen: { mapping: mapping({ claim: held({ operation: 'delete' }) }), mapped: LIVE },
      plan: 'wait for t1',
    },
    {
      name: 'a create is under way whose assistant is listed already',
      why: 'its holder will record it',
      seen: { mapping: unfinished(held()), strays: [stray('s1', 't1')] },
      plan: 'wait for t1',
    },
    {
      name: 'a create is under way, and the very configuration was applied meanwhile by another',
      why: 'the row is being changed again',
      seen: { mapping: mapping({ claim: held() }), appliedMeanwhile: true },
      plan: 'wait for t1',
    },
    {
      name: 'the claim expires this very millisecond',
      why: 'its holder’s time is over',
      seen: { mapping: mapping({ claim: claim({ operation: 'update', expiresAt: iso(0) }) }), mapped: LIVE },
      plan: 'update a1',
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('nothing there yet', () => {
  const cases: Case[] = [
    { name: 'no row, no known assistant', why: 'the first save makes it', seen: {}, plan: 'create new' },
    {
      name: 'no row, of an organisation with its own key',
      why: 'the account makes no difference',
      seen: { scope: 'org' },
      plan: 'create new',
    },
    {
      name: 'the organisation had an assistant before',
      why: 'it is used, not duplicated',
      seen: { named: assistant('k1') },
      plan: 'adopt k1',
    },
    {
      name: 'a row that an abandoned create left, settled',
      why: 'what is in no list by now was never made',
      seen: { mapping: unfinished(claim()) },
      plan: 'create new',
    },
    {
      name: 'the same, and a known assistant',
      why: 'what the organisation has comes before anything new',
      seen: { mapping: unfinished(claim()), named: assistant('k1') },
      plan: 'adopt k1',
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('the mapped assistant is gone', () => {
  const cases: Case[] = [
    {
      name: '404 in its own account',
      why: 'it is made again',
      seen: { mapping: mapping(), mapped: GONE },
      plan: 'create deleted',
    },
    {
      name: '404, and the organisation knows another',
      why: 'that one is used',
      seen: { mapping: mapping(), mapped: GONE, named: assistant('k1') },
      plan: 'adopt k1',
    },
    {
      name: '404, and assistants are still to be removed',
      why: 'what is left over is not forgotten',
      seen: { mapping: mapping({ retiring: [old] }), mapped: GONE },
      plan: 'create deleted -old@platform',
    },
    {
      name: '404 while the outcome of its recreation is unknown',
      why: 'the new one may turn up',
      seen: { mapping: mapping({ claim: unsettled({ operation: 'recreate' }) }), mapped: GONE },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
    {
      name: '404, and the recreated one was found',
      why: 'it is ours',
      seen: {
        mapping: mapping({ claim: unsettled({ operation: 'recreate' }) }),
        mapped: GONE,
        strays: [stray('s1', 't1')],
      },
      plan: 'adopt s1',
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('the organisation moved to another account', () => {
  const cases: Case[] = [
    {
      name: 'it got its own key',
      why: 'made in the new account, and removed from the old one: two would answer calls',
      seen: { mapping: mapping(), scope: 'org' },
      plan: 'create moved -a1@platform',
    },
    {
      name: 'it gave its key up',
      why: 'the same in the other direction',
      seen: { mapping: mapping({ scope: 'org' }), scope: 'platform' },
      plan: 'create moved ~a1@org',
    },
    {
      name: 'it has an assistant in the new account',
      why: 'that one is used, the old one goes',
      seen: { mapping: mapping(), scope: 'org', named: assistant('k1') },
      plan: 'adopt k1 -a1@platform',
    },
    {
      name: 'it moved, and earlier ones are still to be removed',
      why: 'all of them go',
      seen: { mapping: mapping({ retiring: [old] }), scope: 'org' },
      plan: 'create moved -a1@platform -old@platform',
    },
    {
      name: 'a create in the old account left an assistant',
      why: 'it cannot serve in the new account, so it goes',
      seen: { mapping: unfinished(unsettled()), scope: 'org', strays: [stray('s1', 't1')] },
      plan: 'create new -s1@platform',
    },
    {
      name: 'a create in the old account has an unknown outcome',
      why: 'when it turns up it must be removed: the row has to wait for that',
      seen: { mapping: mapping({ claim: unsettled() }), scope: 'org' },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
    {
      name: 'it is back, and its first assistant was not removed yet',
      why: 'the one that is used again must not be removed',
      seen: {
        mapping: mapping({ assistantId: 'b1', scope: 'org', retiring: [{ assistantId: 'a1', scope: 'platform' }] }),
        named: assistant('a1'),
      },
      plan: 'adopt a1 ~b1@org',
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('a create whose outcome is unknown', () => {
  const cases: Case[] = [
    {
      name: 'given up a second ago, nothing in the lists',
      why: 'it may still turn up: a second POST could be a second assistant',
      seen: { mapping: unfinished(unsettled()) },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
    {
      name: 'the same, though the organisation knows an assistant',
      why: 'it would be a second one',
      seen: { mapping: unfinished(unsettled()), named: assistant('k1') },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
    {
      name: 'the last millisecond of the settling time',
      why: 'the time is waited out',
      seen: { mapping: unfinished(claim({ unresolvedAt: iso(1 - SETTLE_MS) })) },
      plan: `unresolved until ${iso(1)}`,
    },
    {
      name: 'the settling time is over',
      why: 'what is in no list by now was never made',
      seen: { mapping: unfinished(claim({ unresolvedAt: iso(-SETTLE_MS) })) },
      plan: 'create new',
    },
    {
      name: 'its holder died without a word',
      why: 'the settling time then counts from the expiry',
      seen: { mapping: unfinished(claim({ expiresAt: iso(-1) })) },
      plan: `unresolved until ${iso(SETTLE_MS - 1)}`,
    },
    {
      name: 'its assistant is found',
      why: 'it is what was to be made',
      seen: { mapping: unfinished(unsettled()), strays: [stray('s1', 't1')] },
      plan: 'adopt s1',
    },
    {
      name: 'only the assistant of an earlier claim is found',
      why: 'that of the last one may still turn up',
      seen: { mapping: unfinished(unsettled()), strays: [stray('s0', 't0')] },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
    {
      name: 'the same after the settling time',
      why: 'what is ours is used before anything new is made',
      seen: { mapping: unfinished(claim()), strays: [stray('s0', 't0')] },
      plan: 'adopt s0',
    },
    {
      name: 'its assistant and one of an earlier claim',
      why: 'that of the last claim stays, the other goes',
      seen: {
        mapping: unfinished(unsettled()),
        strays: [stray('s0', 't0', { createdAt: iso(-99_000) }), stray('s1', 't1')],
      },
      plan: 'adopt s1 -s0@platform',
    },
    {
      name: 'two of earlier claims',
      why: 'the oldest stays, as every process can see which that is',
      seen: {
        mapping: unfinished(claim({ token: 't9' })),
        strays: [stray('s2', 't2', { createdAt: iso(-2) }), stray('s1', 't1', { createdAt: iso(-1) })],
      },
      plan: 'adopt s2 -s1@platform',
    },
    {
      name: 'two of the same millisecond',
      why: 'then the id decides',
      seen: {
        mapping: unfinished(claim({ token: 't9' })),
        strays: [stray('s2', 't2', { createdAt: iso(-1) }), stray('s1', 't1', { createdAt: iso(-1) })],
      },
      plan: 'adopt s1 -s2@platform',
    },
    {
      name: 'a stray and a known assistant',
      why: 'the one that we made carries our mark',
      seen: { mapping: unfinished(unsettled()), strays: [stray('s1', 't1')], named: assistant('k1') },
      plan: 'adopt s1',
    },
    {
      name: 'the mapped assistant lives, and its unsettled recreation left another',
      why: 'the mapped one serves, the other goes',
      seen: {
        mapping: mapping({ claim: unsettled({ operation: 'recreate' }) }),
        mapped: LIVE,
        strays: [stray('s1', 't1')],
      },
      plan: 'update a1 -s1@platform',
    },
    {
      name: 'the mapped assistant lives, and nothing is found yet',
      why: 'were the claim ended now, what turns up later would have no name',
      seen: { mapping: mapping({ claim: unsettled({ operation: 'recreate' }) }), mapped: LIVE },
      plan: `unresolved until ${iso(SETTLE_MS - 1_000)}`,
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('a claim that could not have made anything', () => {
  const ended = { expiresAt: iso(-1) };
  const removal = claim({ operation: 'delete', ...ended });
  const removals: Case[] = [
    {
      name: 'delete, ended a moment ago, and the assistant is there',
      why: 'its request may still arrive',
      seen: { mapping: mapping({ claim: removal }), mapped: LIVE },
      plan: `unresolved until ${iso(SETTLE_MS - 1)}`,
    },
    {
      name: 'delete, ended long ago, and the assistant is there',
      why: 'no request of its holder can be under way any more',
      seen: { mapping: mapping({ claim: { ...removal, expiresAt: iso(-SETTLE_MS) } }), mapped: LIVE },
      plan: 'update a1',
    },
  ];
  it.each(removals)('$name: $why', check);

  const cases: Case[] = (['update', 'adopt', 'delete'] as const).flatMap((operation) => [
    {
      name: `${operation}, ended long ago`,
      why: 'there is nothing to wait for, but the claim has to be ended with a write',
      seen: { mapping: mapping({ claim: claim({ operation, expiresAt: iso(-SETTLE_MS) }) }), mapped: LIVE },
      plan: 'update a1',
    },
    {
      name: `${operation}, ended a moment ago, and the assistant is gone`,
      why: 'there is nothing to wait for',
      seen: { mapping: mapping({ claim: claim({ operation, ...ended }) }), mapped: GONE },
      plan: 'create deleted',
    },
  ]);
  it.each(cases)('$name: $why', check);
});

describe('unchanged, without any write, only when everything agrees', () => {
  const drifted = { kind: 'live', assistant: assistant('a1', { ...PAYLOAD, name: 'Other' }) } as const;
  const cases: Case[] = [
    { name: 'all agrees', why: 'nothing to do', seen: { mapping: mapping(), mapped: LIVE }, plan: 'unchanged a1' },
    {
      name: 'the live assistant has more fields',
      why: 'defaults are not drift',
      seen: { mapping: mapping(), mapped: { kind: 'live', assistant: assistant('a1', { ...PAYLOAD, extra: 1 }) } },
      plan: 'unchanged a1',
    },
    {
      name: 'the wanted configuration was attempted once more',
      why: 'whichever attempt arrived, it is the same',
      seen: { mapping: mapping({ attempted: [{ specHash: HASH, until: iso(0) }] }), mapped: LIVE },
      plan: 'unchanged a1',
    },
    {
      name: 'the live assistant differs',
      why: 'drift is repaired',
      seen: { mapping: mapping(), mapped: drifted },
      plan: 'update a1',
    },
    {
      name: 'another configuration was applied last, though the live one is as wanted',
      why: 'the row must say what is live, else the next three-way merge starts from a wrong base',
      seen: { mapping: mapping({ specHash: OLD_HASH }), mapped: LIVE },
      plan: 'update a1',
    },
    {
      name: 'another configuration may have been applied',
      why: 'its fields are still to be cleared',
      seen: { mapping: mapping({ attempted: [{ specHash: OLD_HASH, until: iso(0) }] }), mapped: LIVE },
      plan: 'update a1',
    },
    {
      name: 'nothing is known of what was applied',
      why: 'the row has to learn it',
      seen: { mapping: withoutHash(mapping()), mapped: LIVE },
      plan: 'update a1',
    },
    {
      name: 'a claim was left behind',
      why: 'it has to be ended',
      seen: { mapping: mapping({ claim: claim({ operation: 'update' }) }), mapped: LIVE },
      plan: 'update a1',
    },
    {
      name: 'an assistant is still to be removed',
      why: 'it would answer calls beside the right one',
      seen: { mapping: mapping({ retiring: [old] }), mapped: LIVE },
      plan: 'update a1 -old@platform',
    },
    {
      name: 'the one to be removed is the mapped one itself',
      why: 'the assistant in use is never removed',
      seen: { mapping: mapping({ retiring: [{ assistantId: 'a1', scope: 'platform' }] }), mapped: LIVE },
      plan: 'unchanged a1',
    },
    {
      name: 'applied meanwhile by the one we waited for',
      why: 'it equalled the configuration within this operation',
      seen: { mapping: mapping(), appliedMeanwhile: true },
      plan: 'unchanged a1',
    },
    {
      name: 'applied meanwhile, but no row any more',
      why: 'it was deleted since: there is none',
      seen: { appliedMeanwhile: true },
      plan: 'create new',
    },
  ];
  it.each(cases)('$name: $why', check);
});

describe('the patch of a plan', () => {
  it('is empty when only the row has to be written: no call to Vapi', () => {
    const plan = decide(inputOf({ mapping: mapping({ specHash: OLD_HASH }), mapped: LIVE }));
    expect(plan).toMatchObject({ kind: 'update', patch: { changes: [] } });
    expect(plan).not.toHaveProperty('patch.body');
  });

  it('clears what the last configuration declared and this one does not', () => {
    const live = assistant('a1', { ...PAYLOAD, firstMessage: 'Hi' });
    const plan = decide(
      inputOf({
        mapping: mapping({ specHash: OLD_HASH }),
        mapped: { kind: 'live', assistant: live },
        lastApplied: [{ ...PAYLOAD, firstMessage: 'Hi' }],
      }),
    );
    expect(plan).toMatchObject({ kind: 'update', patch: { body: { firstMessage: null } } });
  });

  it('does not compare a null again that was applied: Vapi’s default in its place is no drift', () => {
    const live = { kind: 'live', assistant: assistant('a1', { ...PAYLOAD, firstMessage: 'Hello.' }) } as const;
    const input = inputOf({ mapping: mapping(), mapped: live });
    const desired = { payload: { ...PAYLOAD, firstMessage: null }, tools: [], specHash: HASH };
    expect(decide({ ...input, desired })).toEqual({ kind: 'unchanged', assistantId: 'a1' });
    const before = { ...input, desired: { ...desired, specHash: 'another' } };
    expect(decide(before)).toMatchObject({ kind: 'update', patch: { body: { firstMessage: null } } });
  });

  it('of an adopted stray clears too: we made it', () => {
    const made = stray('s1', 't1', {
      config: { ...PAYLOAD, firstMessage: 'Hi', metadata: { managedBy: 'vapi-sync', claimToken: 't1' } },
    });
    const lastApplied = [{ ...PAYLOAD, firstMessage: 'Hi' }];
    const plan = decide(inputOf({ mapping: unfinished(claim()), strays: [made], lastApplied }));
    expect(plan).toMatchObject({ kind: 'adopt', patch: { body: { firstMessage: null } } });
  });

  it('of an adopted assistant that others made clears nothing, and adds our mark', () => {
    const named = assistant('k1', { name: 'By hand', firstMessage: 'Hi', metadata: { theirs: 1 } });
    const lastApplied = [{ ...PAYLOAD, firstMessage: 'Hi' }];
    const plan = decide(inputOf({ mapping: mapping(), mapped: GONE, named, lastApplied }));
    const body = { name: 'Front desk', metadata: { theirs: 1, managedBy: 'vapi-sync' } };
    expect(plan).toMatchObject({ kind: 'adopt', patch: { body } });
    expect(plan).not.toHaveProperty('patch.body.firstMessage');
  });
});

describe('the token of an assistant', () => {
  it.each<{ config: JsonObject; token?: string }>([
    { config: { metadata: { claimToken: 't1' } }, token: 't1' },
    { config: { metadata: { claimToken: 7 } }, token: undefined },
    { config: { metadata: {} }, token: undefined },
    { config: { metadata: null }, token: undefined },
    { config: { metadata: ['t1'] }, token: undefined },
    { config: {}, token: undefined },
  ])('$config: $token', ({ config, token }) => {
    expect(claimTokenOf(assistant('x', config))).toBe(token);
  });
});

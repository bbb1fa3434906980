import fc from 'fast-check';
import type { Scope } from '../../../src/domain/account/scope.ts';
import type { AssistantMapping } from '../../../src/domain/mapping/assistant-mapping.ts';
import type { ClaimOperation } from '../../../src/domain/mapping/claim.ts';
import { type DecideInput, decide, type Plan } from '../../../src/domain/sync/decide.ts';
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
  stray,
  unfinished,
} from './decide-situations.ts';

const scope = fc.constantFrom<Scope>('platform', 'org');
const offset = fc.constantFrom(-2 * SETTLE_MS, -SETTLE_MS, -1, 0, 1);
const operation = fc.constantFrom<ClaimOperation>('create', 'recreate', 'update', 'adopt', 'delete');

const aClaim = fc
  .record({ operation, scope, expiry: offset, unresolved: fc.option(offset) })
  .map(({ expiry, unresolved, ...rest }) =>
    claim({ ...rest, expiresAt: iso(expiry), ...(unresolved === null ? {} : { unresolvedAt: iso(unresolved) }) }),
  );

const aRow: fc.Arbitrary<AssistantMapping | undefined> = fc.option(
  fc
    .record({
      left: fc.option(aClaim),
      finished: fc.boolean(),
      scope,
      specHash: fc.constantFrom(HASH, OLD_HASH),
      attempted: fc.subarray([HASH, OLD_HASH]).map((hashes) => hashes.map((specHash) => ({ specHash, until: iso(0) }))),
      retiring: fc.subarray(['r1', 's1', 'a1']),
    })
    .map(({ left, finished, retiring, ...rest }): AssistantMapping => {
      if (!finished) return unfinished(left ?? claim());
      const retirees = retiring.map((assistantId) => ({ assistantId, scope: rest.scope }));
      return mapping({ ...rest, retiring: retirees, ...(left ? { claim: left } : {}) });
    }),
  { nil: undefined },
);

const someStrays = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom('s1', 's2', 's3', 's4'), fc.constantFrom('t0', 't1'), fc.integer({ min: -3, max: -1 })),
    {
      selector: ([id]) => id,
    },
  )
  .map((all) => all.map(([id, token, age]) => stray(id, token, { createdAt: iso(age) })));

const input: fc.Arbitrary<DecideInput> = fc
  .record({
    row: aRow,
    strays: someStrays,
    straysIn: scope,
    isLive: fc.boolean(),
    isKnown: fc.boolean(),
    scope,
    appliedMeanwhile: fc.boolean(),
  })
  .map(({ row, strays, straysIn, isLive, isKnown, scope: at, appliedMeanwhile }) => {
    const looked = row?.assistantId !== undefined && row.scope === at;
    const mapped = isLive ? LIVE : GONE;
    return inputOf({
      ...(row ? { mapping: row } : {}),
      ...(looked ? { mapped } : {}),
      ...(isKnown ? { named: assistant('k1') } : {}),
      strays: strays.map((each) => ({ ...each, scope: straysIn })),
      scope: at,
      appliedMeanwhile: appliedMeanwhile && row?.claim === undefined,
    });
  });

/** The assistant that is in use when the plan is carried out; undefined when a new one is made, or nothing is done. */
function chosen(plan: Plan): string | undefined {
  if (plan.kind === 'unchanged') return plan.assistantId;
  return plan.kind === 'update' || plan.kind === 'adopt' ? plan.assistant.id : undefined;
}

function unreachable(plan: Plan): string[] {
  return 'unreachable' in plan ? plan.unreachable.map(({ assistantId }) => assistantId) : [];
}

function retired(plan: Plan): string[] {
  return 'retire' in plan ? plan.retire.map(({ assistantId }) => assistantId) : [];
}

const acts = (plan: Plan) => plan.kind === 'create' || plan.kind === 'adopt' || plan.kind === 'update';

describe('in every situation', () => {
  it('the order of Vapi’s list makes no difference: two processes must choose the same assistant', () => {
    const withOrder = input.chain((given) =>
      fc.tuple(
        fc.constant(given),
        fc.shuffledSubarray([...given.observation.strays], { minLength: given.observation.strays.length }),
      ),
    );
    fc.assert(
      fc.property(withOrder, ([given, strays]) => {
        const other = { ...given, observation: { ...given.observation, strays } };
        expect(outline(decide(other))).toBe(outline(decide(given)));
      }),
      { numRuns: 500 },
    );
  });

  it('the assistant in use is never removed', () => {
    fc.assert(
      fc.property(input, (given) => {
        const plan = decide(given);
        expect(retired(plan)).not.toContain(chosen(plan));
      }),
      { numRuns: 500 },
    );
  });

  it('of all that is ours exactly one stays: whoever acts removes every other, or writes it down while its key is gone', () => {
    fc.assert(
      fc.property(input, (given) => {
        const plan = decide(given);
        fc.pre(acts(plan));
        const { mapping: row, observation } = given;
        const left = row?.assistantId && row.scope !== given.scope ? [row.assistantId] : [];
        const ours = [
          ...left,
          ...observation.strays.map((s) => s.assistant.id),
          ...(row?.retiring ?? []).map((r) => r.assistantId),
        ];
        expect(new Set([...retired(plan), ...unreachable(plan)])).toEqual(
          new Set(ours.filter((id) => id !== chosen(plan))),
        );
      }),
      { numRuns: 500 },
    );
  });

  it('beside a holder nothing is done', () => {
    fc.assert(
      fc.property(input, (given) => {
        const row = given.mapping ?? unfinished(claim());
        const held = { ...given, mapping: { ...row, claim: claim({ expiresAt: iso(1) }) } };
        expect(decide(held).kind).toBe('wait');
      }),
    );
  });

  it('while a create may still turn up, nothing is made', () => {
    fc.assert(
      fc.property(input, (given) => {
        const row = given.mapping ?? unfinished(claim());
        const left = claim({ token: 'lost', unresolvedAt: iso(-1) });
        const observation = { ...given.observation, appliedMeanwhile: false };
        expect(decide({ ...given, observation, mapping: { ...row, claim: left } }).kind).toBe('unresolved');
      }),
    );
  });

  it('an assistant is made only when there is none that could serve', () => {
    fc.assert(
      fc.property(input, (given) => {
        const plan = decide(given);
        fc.pre(plan.kind === 'create');
        const { mapped, named, strays } = given.observation;
        expect(mapped?.kind).not.toBe('live');
        expect(named).toBeUndefined();
        expect(strays.filter((each) => each.scope === given.scope)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it('the same input gives the same plan, and is not changed', () => {
    fc.assert(
      fc.property(input, (given) => {
        const before = structuredClone(given);
        expect(decide(given)).toEqual(decide(before));
        expect(given).toEqual(before);
      }),
    );
  });
});

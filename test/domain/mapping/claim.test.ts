import fc from 'fast-check';
import {
  type Claim,
  type ClaimOperation,
  isHeld,
  mayHaveCreated,
  newClaim,
  settlesAt,
} from '../../../src/domain/mapping/claim.ts';
import { CLAIM_MARGIN_MS, SETTLE_MS } from '../../../src/domain/timing.ts';

const START = Date.parse('2026-08-01T12:00:00.000Z');
const EXPIRY = START + 30_000;

const CLAIM: Claim = {
  token: 't1',
  operation: 'create',
  scope: 'platform',
  startedAt: new Date(START).toISOString(),
  since: new Date(START).toISOString(),
  expiresAt: new Date(EXPIRY).toISOString(),
};
const UNRESOLVED: Claim = { ...CLAIM, unresolvedAt: new Date(START + 5_000).toISOString() };

describe('a claim is held', () => {
  it.each([
    { name: 'just made', why: 'its holder is acting', claim: CLAIM, now: START, held: true },
    { name: 'a millisecond before it expires', why: 'its holder may be', claim: CLAIM, now: EXPIRY - 1, held: true },
    { name: 'at its expiry', why: 'the holder’s time is over', claim: CLAIM, now: EXPIRY, held: false },
    { name: 'long after', why: 'the holder died', claim: CLAIM, now: EXPIRY + 1e9, held: false },
    { name: 'unresolved', why: 'the holder said that it stopped', claim: UNRESOLVED, now: START + 5_000, held: false },
  ])('$name: $held, as $why', ({ claim, now, held }) => {
    expect(isHeld(claim, now)).toBe(held);
  });
});

describe('an assistant that nobody names', () => {
  it.each<[ClaimOperation, boolean]>([
    ['create', true],
    ['recreate', true],
    ['update', false],
    ['adopt', false],
    ['delete', false],
  ])('may have been made by %s: %s', (operation, made) => {
    expect(mayHaveCreated({ ...CLAIM, operation })).toBe(made);
  });

  it.each([
    { name: 'the holder gave up', why: 'its last request ended then', claim: UNRESOLVED, from: START + 5_000 },
    { name: 'the holder died', why: 'its last request may have lasted until the expiry', claim: CLAIM, from: EXPIRY },
  ])('may turn up for the settling time after $name, as $why', ({ claim, from }) => {
    expect(settlesAt(claim)).toBe(from + SETTLE_MS);
  });
});

describe('a new claim', () => {
  const request = { token: 't2', operation: 'update', scope: 'org', now: START, remainingMs: 20_000 } as const;

  it('says who, what, where and until when', () => {
    expect(newClaim({ ...request, previous: undefined })).toEqual({
      token: 't2',
      operation: 'update',
      scope: 'org',
      startedAt: '2026-08-01T12:00:00.000Z',
      since: '2026-08-01T12:00:00.000Z',
      expiresAt: new Date(START + 20_000 + CLAIM_MARGIN_MS).toISOString(),
    });
  });

  it('goes back to the first create whose outcome nobody knows, through any number of take-overs', () => {
    const second = newClaim({ ...request, now: START + 60_000, previous: UNRESOLVED });
    const third = newClaim({ ...request, now: START + 120_000, previous: second });
    expect([second.since, third.since]).toEqual([CLAIM.since, CLAIM.since]);
    expect(third.startedAt).toBe(new Date(START + 120_000).toISOString());
  });

  it('is not itself unresolved when it takes over one that was', () => {
    expect(newClaim({ ...request, previous: UNRESOLVED })).not.toHaveProperty('unresolvedAt');
  });

  it('outlives its holder, also when two clocks are 5 s apart: nobody acts beside it', () => {
    fc.assert(
      fc.property(fc.nat(900_000), fc.nat(10_000), (remainingMs, skew) => {
        const claim = newClaim({ ...request, remainingMs, previous: undefined });
        expect(isHeld(claim, START + remainingMs + skew - 5_000)).toBe(true);
      }),
    );
  });
});

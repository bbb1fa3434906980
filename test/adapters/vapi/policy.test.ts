import { jest } from '@jest/globals';
import { UpstreamFault } from '../../../src/adapters/vapi/fault.ts';
import { UpstreamPolicy } from '../../../src/adapters/vapi/policy.ts';

const COOLDOWN_MS = 60_000;
const plenty = { remainingMs: () => 29_000 };
const fault = () => Promise.reject(new UpstreamFault('fault', 'status 503'));

let now: number;
beforeEach(() => {
  now = 1_000_000;
  // The library of the circuit knows no other clock.
  jest.spyOn(Date, 'now').mockImplementation(() => now);
});
afterEach(() => jest.restoreAllMocks());

const makePolicy = () => {
  const circuit: string[] = [];
  return {
    circuit,
    policy: new UpstreamPolicy({
      now: () => now,
      random: () => 0,
      firstPauseMs: 1,
      onCircuit: (state) => circuit.push(state),
    }),
  };
};

async function open(policy: UpstreamPolicy): Promise<void> {
  for (let count = 0; count < 5; count += 1) await expect(policy.once(fault)).rejects.toThrow('503');
}

describe('the circuit', () => {
  it('opens with the fifth upstream failure in a row, and then sends nothing', async () => {
    const { policy, circuit } = makePolicy();
    await open(policy);
    let sent = 0;
    const refused = policy.once(async () => (sent += 1));
    await expect(refused).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterSeconds: 60 });
    expect([sent, circuit]).toEqual([0, ['open']]);
  });

  it.each(['rejected', 'unauthorized', 'missing', 'rate-limited', 'blocked'] as const)(
    'does not count %s: that is an answer, not a failure of Vapi',
    async (kind) => {
      const { policy } = makePolicy();
      for (let count = 0; count < 10; count += 1) {
        await expect(policy.once(() => Promise.reject(new UpstreamFault(kind, 'x')))).rejects.toThrow('x');
      }
      await expect(policy.once(async () => 'ok')).resolves.toBe('ok');
    },
  );

  it('starts counting anew with each success', async () => {
    const { policy } = makePolicy();
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1) await expect(policy.once(fault)).rejects.toThrow('503');
      await policy.once(async () => 'ok');
    }
  });

  it('starts counting anew with each refusal: Vapi has answered', async () => {
    const { policy } = makePolicy();
    const refuse = () => Promise.reject(new UpstreamFault('rejected', 'status 422'));
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1) await expect(policy.once(fault)).rejects.toThrow('503');
      await expect(policy.once(refuse)).rejects.toThrow('422');
    }
  });

  it('does not open for timeouts that a caller’s own deadline has cut short, but such a probe proves nothing either', async () => {
    const { policy, circuit } = makePolicy();
    const cutShort = () => Promise.reject(new UpstreamFault('fault', 'no reply in time', { isCutShort: true }));
    for (let count = 0; count < 6; count += 1) await expect(policy.once(cutShort)).rejects.toThrow('no reply');
    expect(circuit).toEqual([]);
    await open(policy);
    now += COOLDOWN_MS;
    await expect(policy.once(cutShort)).rejects.toThrow('no reply');
    await expect(policy.once(async () => 'ok')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN' });
  });

  it('lets a single request probe after the cooldown; the others wait for what it finds', async () => {
    const { policy, circuit } = makePolicy();
    await open(policy);
    now += COOLDOWN_MS;
    let sent = 0;
    let answer: (value: string) => void = () => {};
    const send = () => {
      sent += 1;
      return new Promise<string>((resolve) => {
        answer = resolve;
      });
    };
    const probe = policy.once(send);
    const others = [policy.once(async () => 'after'), policy.once(async () => 'after')];
    await Promise.resolve();
    expect(sent).toBe(1);
    answer('probed');
    expect(await Promise.all([probe, ...others])).toEqual(['probed', 'after', 'after']);
    expect(circuit).toEqual(['open', 'closed']);
  });

  it('opens again, and for the whole cooldown, when the probe fails', async () => {
    const { policy } = makePolicy();
    await open(policy);
    now += COOLDOWN_MS;
    await expect(policy.once(fault)).rejects.toThrow('503');
    now += COOLDOWN_MS - 1_000;
    await expect(policy.once(async () => 'ok')).rejects.toMatchObject({ code: 'CIRCUIT_OPEN', retryAfterSeconds: 1 });
  });
});

describe('retries', () => {
  const failingOnce = (error: UpstreamFault) => {
    let count = 0;
    return () => {
      count += 1;
      return count === 1 ? Promise.reject(error) : Promise.resolve(count);
    };
  };

  it('repeat a failed request twice at the most', async () => {
    const { policy } = makePolicy();
    let sent = 0;
    const send = () => {
      sent += 1;
      return fault();
    };
    await expect(policy.repeatedly(send, plenty)).rejects.toThrow('503');
    expect(sent).toBe(3);
  });

  it('do not repeat what Vapi refused', async () => {
    const { policy } = makePolicy();
    await expect(policy.repeatedly(failingOnce(new UpstreamFault('rejected', 'no')), plenty)).rejects.toThrow('no');
  });

  it('are not begun when the pause that Vapi asks for would outlast the caller', async () => {
    const { policy } = makePolicy();
    const limited = new UpstreamFault('rate-limited', 'status 429', { status: 429, retryAfterMs: 40_000 });
    await expect(policy.repeatedly(failingOnce(limited), plenty)).rejects.toThrow('429');
  });

  it('are not begun with little time left', async () => {
    const { policy } = makePolicy();
    const send = failingOnce(new UpstreamFault('fault', 'status 503'));
    await expect(policy.repeatedly(send, { remainingMs: () => 3_000 })).rejects.toThrow('503');
  });
});

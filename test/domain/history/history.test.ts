import { summarise } from '../../../src/domain/configuration/summary.ts';
import { expendableSpecs, KEPT_SPECS, type StoredSpec } from '../../../src/domain/history/history.ts';
import { iso, mapping, NOW } from '../sync/decide-situations.ts';

const DAY = 86_400_000;
const applied = (specHash: string, daysAgo: number): StoredSpec => ({
  specHash,
  savedAt: iso(-daysAgo * DAY),
  firstSavedAt: iso(-daysAgo * DAY),
  applied: true,
  appliedBefore: [],
});
const refused = (specHash: string, agoMs: number): StoredSpec => ({
  specHash,
  savedAt: iso(-agoMs),
  firstSavedAt: iso(-agoMs),
  applied: false,
  appliedBefore: [],
});
const hashes = (specs: readonly StoredSpec[]) => specs.map(({ specHash }) => specHash);

describe('the configurations that may go', () => {
  it('are those that were applied before the last fifty, of which the current one is one', () => {
    const specs = Array.from({ length: KEPT_SPECS + 2 }, (_, index) => applied(`h${index}`, index));
    expect(hashes(expendableSpecs(specs, mapping({ specHash: 'h0' }), NOW))).toEqual([
      `h${KEPT_SPECS}`,
      `h${KEPT_SPECS + 1}`,
    ]);
  });

  it('are never the one that is applied, nor one that may still reach Vapi, however old', () => {
    const specs = Array.from({ length: KEPT_SPECS + 9 }, (_, index) => applied(`h${index}`, index));
    const attempted = [{ specHash: 'h57', until: iso(0) }];
    const going = hashes(expendableSpecs(specs, mapping({ specHash: 'h58', attempted }), NOW));
    expect(going).not.toContain('h58');
    expect(going).not.toContain('h57');
    expect(going).toContain('h56');
  });

  it('are never one that was just saved: somebody may be about to apply it', () => {
    const specs = [refused('under-way', 60_000), refused('old', 2 * 3_600_000)];
    expect(hashes(expendableSpecs(specs, mapping(), NOW))).toEqual(['old']);
  });

  it('are none while there are few', () => {
    expect(expendableSpecs([applied('a', 400), applied('b', 1)], mapping(), NOW)).toEqual([]);
  });
});

describe('a summary', () => {
  it.each([
    [
      'all of it',
      { name: 'A', model: { provider: 'p', model: 'm' }, voice: { provider: 'v', voiceId: 'i' } },
      { name: 'A', model: 'p/m', voice: 'v/i' },
    ],
    ['nothing', {}, {}],
    ['cleared fields', { name: null, model: null, voice: null }, {}],
    ['a voice without an id', { voice: { provider: 'custom-voice', server: { url: 'x' } } }, { voice: 'custom-voice' }],
    ['what is no text', { name: 7, model: ['x'], voice: { provider: 1, voiceId: {} } }, {}],
  ])('of %s', (_name, payload, wanted) => {
    expect(summarise(payload)).toEqual(wanted);
  });

  it('holds no prompt', () => {
    const model = { provider: 'p', model: 'm', messages: [{ role: 'system', content: 'secret' }] };
    expect(JSON.stringify(summarise({ firstMessage: 'secret', model }))).not.toContain('secret');
  });
});

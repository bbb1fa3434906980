import { type Job, KEY } from '../../faults/jobs.ts';
import { recover } from '../../faults/recover.ts';
import { type Crash, World } from '../../faults/world.ts';

const BY_HAND = { name: 'by hand', model: { provider: 'openai', model: 'gpt-4o' }, voice: { provider: 'azure' } };

function start() {
  const world = new World();
  const { id } = world.upstream.seed('platform-key', BY_HAND);
  const job: Job = { kind: 'import', assistantId: id };
  return { world, id, job };
}

async function effectsOfImport(): Promise<string[]> {
  const { world, job } = start();
  expect(await world.run(job)).toBe('imported');
  return world.effects;
}

const EFFECTS = [
  ...['table read', 'secret read', 'secret read', 'vapi GET', 'table owners-of'],
  ...['table claim', 'table owners-of', 'table own'],
];

describe('an import that is cut off', () => {
  it('has these effects and no other: it reads at Vapi, and writes to the table only under the claim', async () => {
    expect(await effectsOfImport()).toEqual([...EFFECTS, 'table save-spec', 'table finalise']);
  });

  it('is finished by the next one, at whichever effect, and the assistant is as it was', async () => {
    const count = (await effectsOfImport()).length;
    const crashes = Array.from({ length: count }, (_, at) => at).flatMap((at): Crash[] => [
      { at, when: 'before' },
      { at, when: 'after' },
    ]);
    for (const crash of crashes) {
      const { world, id, job } = start();
      expect(await world.run(job, { crash })).toBe('crashed');
      expect(await recover(world, job)).toMatch(/^(imported|mapped-already)$/);
      const row = world.mappings.rows.get(`${KEY.orgId}/${KEY.role}`);
      expect(row).toMatchObject({ assistantId: id, attempted: [] });
      expect(row).not.toHaveProperty('claim');
      expect(row).not.toHaveProperty('specHash');
      expect(world.upstream.stored.get(id)?.config).toEqual(BY_HAND);
      expect(world.effects.filter((effect) => /POST|PATCH|DELETE/.test(effect))).toEqual([]);
    }
  });

  it('leaves nothing that a PUT would stumble over', async () => {
    const count = (await effectsOfImport()).length;
    for (let at = 0; at < count; at += 1) {
      const { world, job } = start();
      await world.run(job, { crash: { at, when: 'after' } });
      expect(await recover(world, { kind: 'ensure', spec: 'a1' })).toMatch(/^(created|updated)$/);
    }
  });
});

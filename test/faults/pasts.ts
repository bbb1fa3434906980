import type { World } from './world.ts';

/** How a world is before the operations start. */
export const PASTS = [
  'nothing',
  'synced',
  'tools pending',
  'tools linked',
  'number linked',
  'edited',
  'deleted',
  'moved',
  'unresolved',
  'unresolved, then moved',
] as const;
export type Past = (typeof PASTS)[number];

export async function arrange(world: World, past: Past): Promise<void> {
  if (past === 'nothing') return;
  if (past.startsWith('unresolved')) return await arrangeUnresolved(world, past);
  if (past === 'number linked') await world.run({ kind: 'number', id: 'one' });
  await world.run({ kind: 'ensure', spec: past.startsWith('tools') ? 'b2+xy' : 'a1' });
  if (past.endsWith('linked')) await world.run({ kind: 'work' });
  const [assistant] = world.upstream.assistants();
  if (!assistant) throw new Error('nothing was arranged');
  if (past === 'edited') assistant.config = { ...assistant.config, name: 'edited by hand' };
  if (past === 'deleted') world.upstream.stored.delete(assistant.id);
  if (past === 'moved') world.secrets.set('acme', '{"apiKey":"own-key"}');
}

async function arrangeUnresolved(world: World, past: Past): Promise<void> {
  world.upstream.verdict = (verb) => (verb === 'POST' ? 'late' : 'ok');
  await world.run({ kind: 'ensure', spec: 'a1' });
  world.upstream.verdict = () => 'ok';
  if (past.endsWith('moved')) world.secrets.set('acme', '{"apiKey":"own-key"}');
  world.pass(25_000);
}

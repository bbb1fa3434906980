import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startSecrets } from '../../local/secrets/server.ts';
import { openSnapshotFile } from '../../local/stack/snapshot-file.ts';
import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { temporaryDirectory } from './temporary-directory.ts';
import { call, PLATFORM_KEY } from './vapi-caller.ts';

const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';

it('assistants, tools and numbers outlive the stand-in, with what became of them', async () => {
  const file = join(temporaryDirectory(), 'vapi.json');
  const before = await startVapi({ file });
  const { json: kept } = await call(before, 'POST /assistant', { body: { name: 'Kept', firstMessage: 'Hi' } });
  const { json: gone } = await call(before, 'POST /assistant', { body: { name: 'Gone' } });
  await call(before, 'POST /tool', { body: { type: 'dtmf' } });
  await call(before, `PATCH /assistant/${kept.id}`, { body: { firstMessage: null } });
  await call(before, `DELETE /assistant/${gone.id}`);
  const remembered = (await call(before, `GET /assistant/${kept.id}`)).json;
  await before.close();

  const after = await startVapi({ file });
  expect((await call(after, 'GET /assistant')).json).toEqual([remembered]);
  expect((await call(after, `GET /assistant/${kept.id}`)).json).toEqual(remembered);
  expect(after.resources(account, 'tool')).toHaveLength(1);
  await after.close();
});

it('defaults are not stored as if they had been declared', async () => {
  const file = join(temporaryDirectory(), 'vapi.json');
  const vapi = await startVapi({ file });
  await call(vapi, 'POST /assistant', { body: { name: 'A' } });
  await vapi.close();
  expect(JSON.parse(readFileSync(file, 'utf8')).resources.assistant[0].fields).toEqual({ name: 'A' });
});

it('secrets outlive the stand-in, those that wait for deletion too', async () => {
  const file = join(temporaryDirectory(), 'secrets.json');
  const before = await startSecrets({ file });
  before.put('a', { apiKey: 'k' });
  before.put('b', 'old');
  before.put('b', 'new');
  await before.close();
  const after = await startSecrets({ file });
  expect([after.get('a'), after.get('b')]).toEqual(['{"apiKey":"k"}', 'new']);
  await after.close();
});

describe('a snapshot', () => {
  it('is on disk as soon as it is flushed, and leaves no draft behind', () => {
    const directory = temporaryDirectory();
    const document = { n: 1 };
    const file = openSnapshotFile(join(directory, 'deep', 'a.json'), () => document);
    file.changed();
    document.n = 2;
    file.flush();
    expect(readdirSync(join(directory, 'deep'))).toEqual(['a.json']);
    expect(file.load()).toEqual({ n: 2 });
  });

  it('is written by itself soon after a change', async () => {
    const written = Promise.withResolvers<void>();
    const path = join(temporaryDirectory(), 'a.json');
    const file = openSnapshotFile(path, () => {
      setImmediate(written.resolve);
      return { n: 1 };
    });
    file.changed();
    file.changed();
    await written.promise;
    expect(file.load()).toEqual({ n: 1 });
  });

  it('is not written when nothing changed', () => {
    const file = openSnapshotFile(join(temporaryDirectory(), 'a.json'), () => ({}));
    file.flush();
    expect(file.load()).toBeUndefined();
  });

  it('that is damaged is an error, not an empty account', async () => {
    const file = join(temporaryDirectory(), 'vapi.json');
    writeFileSync(file, '{"version":1,');
    await expect(startVapi({ file })).rejects.toThrow('vapi.json is unreadable');
  });
});

import { readdirSync } from 'node:fs';
import { freeLock, type LockEntry, readLock, takeLock } from '../../local/stack/generation-lock.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const take = (directory: string, after: number, port: number): LockEntry => {
  const entry = takeLock(directory, after, { port: port });
  if (!entry) throw new Error('The lock was not to be had');
  return entry;
};

it('nobody holds the lock of a new directory', () => {
  expect(readLock(temporaryDirectory())).toBeUndefined();
});

it('the holder is known by its port', () => {
  const directory = temporaryDirectory();
  const entry = take(directory, 0, 1234);
  expect(readLock(directory)).toEqual({ ...entry, generation: 1, pid: process.pid, port: 1234 });
});

it('of two that saw the same, one gets it', () => {
  const directory = temporaryDirectory();
  take(directory, 0, 1);
  expect(takeLock(directory, 0, { port: 2 })).toBeUndefined();
  expect(readLock(directory)?.port).toBe(1);
});

it('of two that saw the same dead holder, one succeeds it', () => {
  const directory = temporaryDirectory();
  take(directory, 0, 1);
  take(directory, 1, 2);
  expect(takeLock(directory, 1, { port: 3 })).toBeUndefined();
  expect(readLock(directory)?.port).toBe(2);
});

it('a free lock is to be had by one', () => {
  const directory = temporaryDirectory();
  freeLock(directory, take(directory, 0, 1));
  const free = readLock(directory);
  expect(free?.port).toBe(0);
  take(directory, free?.generation ?? 0, 2);
  expect(takeLock(directory, free?.generation ?? 0, { port: 3 })).toBeUndefined();
});

it('one who saw a dead holder long ago does not get a lock that has been held and freed since', () => {
  const directory = temporaryDirectory();
  take(directory, 0, 1);
  freeLock(directory, take(directory, 1, 2));
  expect(takeLock(directory, 1, { port: 3 })).toBeUndefined();
  expect(readLock(directory)?.port).toBe(0);
});

it('nor one that is held by then', () => {
  const directory = temporaryDirectory();
  take(directory, 0, 1);
  freeLock(directory, take(directory, 1, 2));
  const held = take(directory, 3, 4);
  expect(takeLock(directory, 1, { port: 5 })).toBeUndefined();
  expect(readLock(directory)).toEqual(held);
});

it('leaves one file, however often it changes hands', () => {
  const directory = temporaryDirectory();
  for (let round = 0; round < 5; round++) freeLock(directory, take(directory, readLock(directory)?.generation ?? 0, 1));
  expect(readdirSync(directory)).toEqual(['lock.10']);
});

import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bulk, importLines, type LineOutcome } from '../../../cli/import/import-lines.ts';
import { type Line, readLines } from '../../../cli/import/read-lines.ts';
import { localDefinition } from '../../../local/stack/stack.ts';
import { createTable } from '../../../local/stack/table.ts';
import { LOCAL_ACCOUNTS } from '../../../local/vapi/stand-in.ts';
import type { SyncDependencies } from '../../../src/domain/operation.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { CHECKOUT, COMPILED, PROCESSES_MS } from '../../support/checkout.ts';
import { configuration } from '../../support/configurations.ts';
import { type Environment, PLATFORM_KEY, SECRETS, startService, type TestService } from '../../support/service.ts';

const CONCURRENCY = 8;
const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';

let service: TestService;
let directory: string;
beforeAll(async () => {
  service = await startService();
  directory = mkdtempSync(join(tmpdir(), 'vapi-sync-'));
});
beforeEach(() => {
  service.vapi.clearFaults();
  service.clearCounts();
});
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true });
});

interface Batch {
  csv: string;
  lines: Line[];
  orgs: string[];
}

/** Assistants made by hand, two for each organisation, and the file that lists them. */
function batchOf(count: number): Batch {
  const rows = Array.from({ length: count }, (_, index) => {
    const { id } = service.vapi.seedAssistant(account, configuration({ name: `By hand ${index}` }));
    return `bulk-${run}-${Math.floor(index / 2)},${index % 2 === 0 ? 'inbound' : 'outbound'},${id}`;
  });
  run += 1;
  const csv = ['orgId,role,assistantId', ...rows].join('\n');
  const orgs = [...new Set(rows.map((row) => row.split(',')[0] ?? ''))];
  return { csv, lines: readLines(csv), orgs };
}
let run = 0;

async function mappedIn({ orgs }: Batch): Promise<string[]> {
  const replies = await Promise.all(orgs.map((org) => service.get(org)));
  return replies.flatMap(({ body }) =>
    body.assistants.map((row: Record<string, unknown>) => `${row.orgId},${row.role},${row.assistantId} ${row.state}`),
  );
}

const wantedOf = ({ csv }: Batch) =>
  csv
    .split('\n')
    .slice(1)
    .map((row) => `${row} imported`);

const dependenciesOf = ({ app }: Environment): SyncDependencies => app.sync;

/**
 * Everything from the n-th effect on fails: as a process that is killed, it does nothing more, and gives nothing back.
 */
function dyingAfter(deps: SyncDependencies, effects: number): { deps: SyncDependencies; isDead: () => boolean } {
  let left = effects;
  const mortal = <T extends object>(target: T): T =>
    new Proxy(target, {
      get: (object, name) => {
        const member: unknown = Reflect.get(object, name, object);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          left -= 1;
          if (left < 0) throw new Error('killed');
          return Reflect.apply(member, object, args);
        };
      },
    });
  const { mappings, specs, history, vapi, owners } = deps;
  const opened = { ...vapi, open: (...args: Parameters<typeof vapi.open>) => mortal(vapi.open(...args)) };
  const own = { mappings: mortal(mappings), specs: mortal(specs), history: mortal(history), owners: mortal(owners) };
  return { deps: { ...deps, ...own, vapi: opened }, isDead: () => left < 0 };
}

async function importAll(deps: SyncDependencies, lines: readonly Line[], options: Partial<Bulk> = {}) {
  const outcomes = new Map<LineOutcome['kind'], number>();
  await importLines(deps, {
    lines,
    observeOnly: false,
    concurrency: CONCURRENCY,
    journal: { record: () => {} },
    onOutcome: (_line, { kind }) => outcomes.set(kind, (outcomes.get(kind) ?? 0) + 1),
    isStopped: () => false,
    ...options,
  });
  return Object.fromEntries(outcomes);
}

it('500 assistants, killed twice at an arbitrary effect, and finished: each mapped, none changed, one GET each', async () => {
  const batch = batchOf(500);
  const before = service.vapi.assistants(account);
  for (const [round, effects] of [811, 733].entries()) {
    // Later than every claim that the one before has left behind.
    const now = () => Date.now() + round * 60_000;
    const { deps, isDead } = dyingAfter(dependenciesOf(service.anotherEnvironment({ runtime: { now } })), effects);
    await importAll(deps, batch.lines, { isStopped: isDead });
    expect(isDead()).toBe(true);
  }
  const last = service.anotherEnvironment({ runtime: { now: () => Date.now() + 120_000 } });
  const outcomes = await importAll(dependenciesOf(last), batch.lines);

  expect(outcomes).toEqual({ imported: expect.any(Number), 'mapped-already': expect.any(Number) });
  expect((await mappedIn(batch)).toSorted()).toEqual(wantedOf(batch).toSorted());
  expect(service.vapi.assistants(account)).toEqual(before);
  expect(service.vapi.count('POST') + service.vapi.count('PATCH') + service.vapi.count('DELETE')).toBe(0);
  // Those that were under way when it was killed are looked at again.
  expect(service.vapi.count('GET')).toBeGreaterThanOrEqual(500);
  expect(service.vapi.count('GET')).toBeLessThanOrEqual(500 + 2 * CONCURRENCY);
}, 240_000);

it('one line that fails stops no other, and limits of Vapi are waited out', async () => {
  const batch = batchOf(20);
  const missing = `${batch.csv}\nbulk-missing,inbound,${randomUUID()}\nbulk bad org,inbound,${randomUUID()}`;
  service.vapi.inject({ on: { method: 'GET' }, times: 6, behaviour: { kind: 'rate-limit', retryAfter: 0.1 } });
  const outcomes = await importAll(dependenciesOf(service.anotherEnvironment()), readLines(missing));
  expect(outcomes).toEqual({ imported: 20, refused: 1, failed: 1 });
});

it.each([
  ['twice, and then imports', 2, { imported: 2 }, [42_000, 42_000]],
  ['three times, and then says so and goes on', 3, { failed: 1, imported: 1 }, [42_000, 42_000]],
])(
  'what can be done later is tried after the time that the problem names: %s',
  async (_what, times, wanted, pauses) => {
    const batch = batchOf(2);
    const deps = dependenciesOf(service.anotherEnvironment());
    let left = times;
    const slept: number[] = [];
    const vapi: SyncDependencies['vapi'] = {
      ...deps.vapi,
      open: (...args) => {
        left -= 1;
        if (left >= 0) throw new Problem('CIRCUIT_OPEN', 'Paused.', { retryAfterSeconds: 42 });
        return deps.vapi.open(...args);
      },
    };
    const sleep = async (ms: number) => void slept.push(ms);
    const own = { ...deps, vapi, runtime: { ...deps.runtime, sleep } };
    expect(await importAll(own, batch.lines, { concurrency: 1 })).toEqual(wanted);
    expect(slept).toEqual(pauses);
  },
);

describe('the command', () => {
  const start = (file: string, ...options: string[]) =>
    spawn(process.execPath, ['--no-warnings', 'cli/bin.js', 'import', file, '--table', tableName(), ...options], {
      cwd: CHECKOUT,
      env: { PATH: process.env.PATH, ...COMPILED, ...service.environment, DEPLOYMENT_ID: 'test' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const tableName = () => service.environment.TABLE_NAME ?? '';
  const fileOf = (batch: Batch) => {
    const file = join(directory, `${randomUUID()}.csv`);
    writeFileSync(file, batch.csv);
    return file;
  };

  it(
    'killed in its middle is finished by the next one: it exits with 0, then nothing is left to do',
    async () => {
      const batch = batchOf(60);
      const file = fileOf(batch);
      service.vapi.configure({ latencyMs: 20 });
      const first = start(file);
      await untilOutput(first, 15);
      first.kill('SIGKILL');
      await ended(first);
      service.vapi.configure({ latencyMs: 0 });
      const mapped = (await mappedIn(batch)).filter((row) => row.endsWith(' imported')).length;
      expect(mapped).toBeGreaterThanOrEqual(15);
      expect(mapped).toBeLessThan(60);
      const second = await ended(start(file));
      expect(second).toMatchObject({ code: 0 });
      expect(second.output).toContain('60 lines: ');
      expect((await mappedIn(batch)).toSorted()).toEqual(wantedOf(batch).toSorted());
      expect(service.vapi.count('POST') + service.vapi.count('PATCH')).toBe(0);
      for (const secret of SECRETS) expect(second.output).not.toContain(secret);
    },
    PROCESSES_MS,
  );

  it(
    'exits with 1 when a line was refused, or the file is not there, and with 64 for wrong usage',
    async () => {
      const batch = batchOf(2);
      writeFileSync(join(directory, 'wrong.csv'), `${batch.csv}\nbulk-none,inbound,${randomUUID()}\n`);
      const reply = await ended(start(join(directory, 'wrong.csv')));
      expect(reply).toMatchObject({ code: 1 });
      expect(reply.output).toMatch(/line 4 .* refused: is not in the platform’s account/);
      expect(await ended(start(join(directory, 'nothing.csv')))).toMatchObject({ code: 1 });
      expect(await ended(start(join(directory, 'wrong.csv'), '--concurrency', '0'))).toMatchObject({ code: 64 });
    },
    PROCESSES_MS,
  );

  it(
    'finds table, secrets and deployment of a stage by their names in serverless.yml',
    async () => {
      const { resources } = localDefinition();
      await createTable({
        client: service.dynamo,
        tableName: 'vapi-sync-dev',
        properties: resources.Table?.Properties,
      });
      service.secrets.put('vapi-sync/dev/platform', { apiKey: PLATFORM_KEY });
      const marked = (deployment: string) => {
        const metadata = { managedBy: 'vapi-sync', deployment, orgId: `of-${deployment}`, role: 'inbound' };
        const { id } = service.vapi.seedAssistant(account, configuration({ metadata }));
        return `of-${deployment},inbound,${id}`;
      };
      const file = join(directory, 'stage.csv');
      writeFileSync(file, ['orgId,role,assistantId', marked('vapi-sync-dev'), marked('vapi-sync-prod')].join('\n'));
      const { TABLE_NAME: _table, SECRET_PREFIX: _prefix, ...environment } = service.environment;
      const child = spawn(process.execPath, ['--no-warnings', 'cli/bin.js', 'import', file, '--stage', 'dev'], {
        cwd: CHECKOUT,
        env: { PATH: process.env.PATH, ...COMPILED, ...environment },
      });
      const { code, output } = await ended(child);
      expect(output).toContain('stage dev in eu-central-1');
      expect(output).toMatch(/of-vapi-sync-dev,inbound,\S+ imported/);
      expect(output).toMatch(/of-vapi-sync-prod,inbound,\S+ refused/);
      expect(code).toBe(1);
    },
    PROCESSES_MS,
  );

  it(
    'lets the lines that are under way end at the first Ctrl-C, and says that it is not done',
    async () => {
      const batch = batchOf(60);
      service.vapi.configure({ latencyMs: 20 });
      const child = start(fileOf(batch));
      await untilOutput(child, 5);
      child.kill('SIGINT');
      const { code, output } = await ended(child);
      service.vapi.configure({ latencyMs: 0 });
      expect(code).toBe(130);
      expect(output).toMatch(/60 lines: \d+ imported, \d+ not begun/);
      const rows = await mappedIn(batch);
      expect(rows.filter((row) => !row.endsWith(' imported'))).toEqual([]);
    },
    PROCESSES_MS,
  );
});

const outputs = new WeakMap<ChildProcess, string[]>();
function outputOf(child: ChildProcess): string[] {
  const known = outputs.get(child);
  if (known) return known;
  const chunks: string[] = [];
  outputs.set(child, chunks);
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk.toString('utf8')));
  return chunks;
}

async function untilOutput(child: ChildProcess, lines: number): Promise<void> {
  const chunks = outputOf(child);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  child.on('close', () => reject(new Error(`it has ended: ${chunks.join('')}`)));
  child.stdout?.on('data', () => {
    if (chunks.join('').split(' imported\n').length > lines) resolve();
  });
  await promise;
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  const chunks = outputOf(child);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, output: chunks.join('') };
}

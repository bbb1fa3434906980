import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Reply } from '../support/api-description.ts';
import { COMPILED, PROCESSES_MS } from '../support/checkout.ts';
import { configuration } from '../support/configurations.ts';
import { SECRETS, startService, type TestService } from '../support/service.ts';
import { withSlow } from '../support/slow-request.ts';
import { assistantsOf } from '../support/upstream.ts';
import { note, printTable } from './report.ts';

let service: TestService;
let directory: string;
let script: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'vapi-sync-'));
  script = join(directory, 'put-process.cjs');
  // One file each, as on Lambda: twenty processes that load hundreds would measure the machine.
  const entryPoints = [join(import.meta.dirname, 'put-process.ts')];
  await build({ entryPoints, outfile: script, bundle: true, platform: 'node', format: 'cjs', target: 'node24' });
  service = await startService();
});
beforeEach(() => {
  service.vapi.clearFaults();
  service.vapi.configure({ latencyMs: 0 });
  service.clearCounts();
});
afterAll(async () => {
  await service.stop();
  rmSync(directory, { recursive: true });
  printTable();
});

interface Answer {
  statusCode: number;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

describe('twenty processes PUT one new assistant at the same time', () => {
  it(
    'one POST, one assistant, and every answer carries its id or says when to come back',
    async () => {
      const event = {
        headers: {},
        routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
        requestContext: { http: { method: 'PUT' } },
        pathParameters: { orgId: 'racing', role: 'inbound' },
        body: JSON.stringify(configuration()),
      };
      const children = Array.from({ length: 20 }, () => startProcess(event));
      await Promise.all(children.map(({ ready }) => ready));
      for (const { child } of children) child.stdin?.write('go\n');
      const answers = await Promise.all(children.map(({ answer }) => answer));

      const assistants = assistantsOf(service.vapi, 'racing');
      const wrong = answers.filter(({ statusCode, headers, body }) =>
        statusCode === 409 ? !headers['Retry-After'] : body.assistantId !== assistants[0]?.id,
      );
      note({ scenario: '20 processes, one new assistant', runs: 20, violations: wrong.length + assistants.length - 1 });
      expect(wrong).toEqual([]);
      expect(assistants).toHaveLength(1);
      expect(service.vapi.count('POST')).toBe(1);
      expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1);
    },
    PROCESSES_MS,
  );
});

/**
 * A PUT whose POST is under way until another one, whose clock says that the claim is long over, has looked, found
 * nothing, and made the assistant.
 */
async function putsOfTwo(org: string): Promise<{ first: Reply; second: Reply }> {
  const late = service.anotherEnvironment({ runtime: { now: () => Date.now() + 120_000 } });
  const { environment, isSent, arrive } = withSlow(service.anotherEnvironment(), 'create');
  const answer = environment.put(org, 'inbound', configuration());
  await Promise.race([isSent, answer]);
  const second = await late.put(org, 'inbound', configuration());
  arrive();
  return { first: await answer, second };
}

describe('an environment that goes on after its claim was taken over', () => {
  it('does not finalise: it removes what it made and answers with the assistant of the other', async () => {
    const { first, second } = await putsOfTwo('fenced');
    expect(second.body).toMatchObject({ outcome: 'created' });
    expect(first).toMatchObject({ status: 200, body: { outcome: 'unchanged', assistantId: second.body.assistantId } });
    expect(service.vapi.count('POST')).toBe(2);
    const left = assistantsOf(service.vapi, 'fenced');
    note({ scenario: 'claim lost while creating', runs: 1, violations: left.length - 1 });
    expect(left.map(({ id }) => id)).toEqual([second.body.assistantId]);
  });
});

it('what such an environment made and could not remove is written down, and removed by the next call', async () => {
  service.vapi.inject({ on: { method: 'DELETE' }, times: 6, behaviour: { kind: 'error-before', status: 500 } });
  const { second } = await putsOfTwo('leftover');
  expect((await service.get('leftover', 'inbound')).body.retiring).toHaveLength(1);
  service.vapi.clearFaults();
  await service.anotherEnvironment().put('leftover', 'inbound', configuration());
  expect(assistantsOf(service.vapi, 'leftover').map(({ id }) => id)).toEqual([second.body.assistantId]);
});

function startProcess(event: unknown): { child: ChildProcess; ready: Promise<void>; answer: Promise<Answer> } {
  const child = spawn(process.execPath, [script, JSON.stringify(event)], {
    env: {
      PATH: process.env.PATH,
      ...COMPILED,
      DEPLOYMENT_ID: 'test',
      POWERTOOLS_METRICS_NAMESPACE: 'Test',
      ...service.environment,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  const ready = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => code !== 0 && reject(new Error(`a process ended with ${code}: ${chunks.join('')}`)));
    child.stderr?.on('data', (chunk: Buffer) => chunks.unshift(chunk.toString('utf8')));
    child.stdout?.on('data', (chunk: Buffer) => {
      chunks.push(chunk.toString('utf8'));
      if (chunks.join('').includes('ready\n')) resolve();
    });
  });
  const answer = new Promise<Answer>((resolve) => child.on('close', () => resolve(answerIn(chunks.join('')))));
  return { child, ready, answer };
}

function answerIn(output: string): Answer {
  for (const secret of SECRETS) expect(output).not.toContain(secret);
  const last = JSON.parse(output.trim().split('\n').at(-1) ?? '{}');
  return { ...last, body: JSON.parse(last.body) };
}

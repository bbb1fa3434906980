import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { reportIn } from '../../cli/verify/stage.ts';
import { type ListeningServer, listen, send } from '../../local/stack/http-server.ts';
import { startVapi } from '../../local/vapi/server.ts';
import type { VapiStandIn } from '../../local/vapi/stand-in.ts';
import { type VerificationReport, verificationReportSchema } from '../../src/domain/verification/report.ts';
import { temporaryDirectory } from '../local/temporary-directory.ts';
import { CHECKOUT, COMPILED } from '../support/checkout.ts';
import { aReport } from './a-report.ts';

const KEY = 'a-key-of-the-developer';

interface Run {
  code: number;
  /** Without colours. */
  output: string;
  directory: string;
}

/** Runs the command as `npm run verify` does, in a directory of its own. */
function verify(args: string[], env: Record<string, string> = {}): Promise<Run> {
  const directory = temporaryDirectory();
  const program = join(CHECKOUT, 'cli/bin.js');
  const options = { cwd: directory, env: { PATH: process.env.PATH, HOME: directory, ...COMPILED, ...env } };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, 'verify', ...args], options, (_, out, error) =>
      resolve({ code: child.exitCode ?? -1, output: stripVTControlCharacters(out + error), directory }),
    );
  });
}

const reportOf = ({ directory }: Run): VerificationReport =>
  verificationReportSchema.parse(JSON.parse(readFileSync(join(directory, 'verify-vapi-sync-report.json'), 'utf8')));
const pageOf = ({ directory }: Run) => readFileSync(join(directory, 'verify-vapi-sync-report.html'), 'utf8');

it('is `npm run verify`', () => {
  const { scripts } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'));
  expect(scripts.verify).toBe('node cli/bin.js verify');
});

describe('on the embedded stack', () => {
  it('five green ticks, the report, the page, and exit code 0', async () => {
    const run = await verify([]);
    expect(run.output.match(/^✔ \S+ +\d+\.\d\d s {2}\S/gm)).toHaveLength(5);
    expect(run.output).toContain('5 of 5 passed (100 %)');
    expect(run.code).toBe(0);
    expect(reportOf(run)).toMatchObject({ passed: 5, failed: 0, cleanup: { left: [] } });
    expect(pageOf(run)).toContain('All scenarios passed');
  });

  it('nothing of the log, and no key, is between the ticks or in the report', async () => {
    const run = await verify([]);
    expect(run.output).not.toContain('OPERATION_STARTED');
    expect(readFileSync(join(run.directory, '.local', 'verify.log'), 'utf8')).toContain('OPERATION_STARTED');
    const everything = run.output + JSON.stringify(reportOf(run)) + pageOf(run);
    expect(everything).not.toMatch(/local-(platform|acme)-key/);
  });
});

describe('at a Vapi of the developer', () => {
  let vapi: VapiStandIn;
  const account = '0a0a0a0a-0000-4000-8000-000000000009';
  beforeEach(async () => {
    vapi = await startVapi({ accounts: { [KEY]: account } });
  });
  afterEach(() => vapi.close());

  it('a red cross that says what is wrong, and exit code 1; nothing is left there', async () => {
    vapi.configure({ refusedVoices: ['azure/en-US-JennyNeural'] });
    const run = await verify([], { VAPI_BASE_URL: vapi.url, VAPI_PRIVATE_KEY: KEY });
    expect(run.output).toMatch(/^✘ voice-normalisation .* en-US-JennyNeural is no longer available/m);
    expect(run.output).toContain('4 of 5 passed (80 %)');
    expect(run.code).toBe(1);
    expect(pageOf(run)).toContain('1 of 5 failed');
    expect(vapi.assistants(account)).toEqual([]);
    expect(reportOf(run).results.find(({ name }) => name === 'credential-fallback')?.message).toContain(
      'not configured and was not tried',
    );
  });

  it('without a key there is nothing to try: exit code 1, and no report', async () => {
    const run = await verify([], { VAPI_BASE_URL: vapi.url });
    expect(run).toMatchObject({ code: 1, output: expect.stringContaining('VAPI_PRIVATE_KEY is not') });
    expect(existsSync(join(run.directory, 'verify-vapi-sync-report.json'))).toBe(false);
  });
});

describe('at a deployed API', () => {
  let api: ListeningServer;
  let answer: { status: number; body: unknown };
  let elsewhere: string | undefined;
  let seen: (string | undefined)[];
  beforeAll(async () => {
    api = await listen((request, response) => {
      seen = [request.method, request.url, request.headers.authorization];
      if (elsewhere) response.writeHead(307, { location: elsewhere }).end();
      else send(response, answer);
    });
  });
  afterAll(() => api.close());

  it('asks it to verify itself and shows its report', async () => {
    answer = { status: 200, body: aReport() };
    const run = await verify(['--url', `${api.url}/`, '--header', 'authorization: Bearer t']);
    expect(seen).toEqual(['POST', '/verify', 'Bearer t']);
    expect(run.output).toMatch(/^✔ idempotency /m);
    expect(run.output).toMatch(/^✘ 404-recovery .* was not recovered/m);
    expect(run.code).toBe(1);
    expect(reportOf(run)).toEqual(aReport());
  });

  it.each<[string, number, unknown, string]>([
    ['that wants a signature, it says how to go on', 403, { message: 'Forbidden' }, 'use --stage'],
    ['that fails, it says how', 503, { message: 'Service Unavailable' }, 'answered 503'],
    ['that is another one, it says so', 200, { hello: 'world' }, 'without a verification report'],
  ])('%s', async (_what, status, body, wanted) => {
    answer = { status, body };
    const run = await verify(['--url', api.url]);
    expect(run).toMatchObject({ code: 1, output: expect.stringContaining(wanted) });
  });

  it('that points elsewhere is not followed, as the token would go there, too', async () => {
    const asked: unknown[] = [];
    const other = await listen((request, response) => {
      asked.push(request.headers['x-api-key']);
      send(response, { status: 200, body: aReport() });
    });
    elsewhere = `${other.url}/verify`;
    const run = await verify(['--url', api.url, '--header', 'x-api-key: secret']);
    elsewhere = undefined;
    await other.close();
    expect(run).toMatchObject({ code: 1, output: expect.stringContaining('could not be reached') });
    expect(asked).toEqual([]);
  });

  it('that is not there is no failed verification, but none', async () => {
    const run = await verify(['--url', 'http://127.0.0.1:9']);
    expect(run).toMatchObject({ code: 1, output: expect.stringContaining('could not be reached') });
  });
});

it('a stage is asked by `sls invoke`, which prints the answer with notices around it', () => {
  const printed = `Running "serverless"\n${JSON.stringify({ statusCode: 200, headers: {}, body: JSON.stringify(aReport()) }, null, 4)}\n`;
  expect(reportIn(printed)).toEqual(aReport());
  const problem = { statusCode: 500, headers: {}, body: '{"code": "INTERNAL"}' };
  expect(() => reportIn(JSON.stringify(problem))).toThrow('without a verification report');
});

it.each([
  [['--stage', 'dev', '--url', 'https://x'], 64, 'Use --stage or --url, not both'],
  [['--nonsense'], 64, 'nonsense'],
  [['--url', 'http://127.0.0.1:9', '--header', 'oops'], 1, 'not of the form'],
])('%j is refused', async (args, code, wanted) => {
  expect(await verify(args)).toMatchObject({ code, output: expect.stringContaining(wanted) });
});

import { OWN_ACCOUNTS, PLANTED, plantFleet } from '../../../local/fleet/planted-fleet.ts';
import { runDrift } from '../../support/drift-runs.ts';
import { startService, type TestService } from '../../support/service.ts';

/** FLEET=10000 takes about two minutes, most of them in the embedded table; `npm run bench:drift` goes further. */
const SIZE = Number(process.env.FLEET ?? 1_000);
const TIMEOUT_MS = 240_000 + SIZE * 50;
const PAGE = 100;

let service: TestService;
/** `class org role` of all that was planted. */
let planted: string[];

beforeAll(async () => {
  service = await startService({
    settings: { DRIFT_PARALLEL_WINDOWS: '4', DRIFT_PAGE_SIZE: String(PAGE) },
  });
  const { TABLE_NAME: tableName = '', SECRET_PREFIX: secretPrefix = '' } = service.environment;
  planted = await plantFleet({ ...service, tableName, secretPrefix, deployment: 'test' }, SIZE);
}, TIMEOUT_MS);
afterAll(() => service.stop());

it(
  'in a large fleet exactly what was planted is found, for the price of the pages',
  async () => {
    service.clearCounts();
    const { run, lines } = await runDrift(service, 'report');
    expect(lines).toEqual(planted.toSorted());
    const { drifted, missing, duplicate, orphan, unmanaged, unknown } = PLANTED;
    const inSync = SIZE - drifted - missing - unknown * 2;
    expect(run).toMatchObject({
      status: 'closed',
      classes: { 'in-sync': inSync, drifted, missing, duplicate, orphan, unmanaged, pending: 0, changing: 0 },
      unknown,
      suspicious: [],
    });
    const lists = service.vapi.requests.filter(({ method, path }) => method === 'GET' && path === '/assistant');
    expect(lists.filter(({ status }) => status === 200)).toHaveLength(run.calls.lists);
    // A window of ten pages reads the millisecond twice at which a page breaks off, and so begins an eleventh.
    const pages = Math.ceil((SIZE + duplicate + orphan + unmanaged - missing) / PAGE);
    expect(run.calls.lists).toBeLessThanOrEqual(Math.ceil(pages * 1.1) + OWN_ACCOUNTS + 2);
    expect(service.vapi.count('GET', /^\/assistant\/./)).toBe(missing + duplicate + orphan);
    expect(service.vapi.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  },
  TIMEOUT_MS,
);

it(
  'healing brings the next run to what nobody here can heal: the keys that Vapi refuses',
  async () => {
    const { drifted, missing, duplicate, orphan, unmanaged, unknown } = PLANTED;
    const healing = await runDrift(service, 'heal');
    expect(healing.run.healed).toEqual({
      reapplied: drifted + missing,
      resumed: 0,
      removed: duplicate + orphan,
      kept: { 'report-only': unknown },
    });
    const { run, lines } = await runDrift(service, 'report');
    expect(lines).toEqual(planted.filter((line) => line.startsWith('unknown')).toSorted());
    expect(run.classes).toMatchObject({ 'in-sync': SIZE - unknown * 2, unmanaged });
  },
  TIMEOUT_MS,
);

import { z } from 'zod';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { isJsonObject } from '../../src/domain/json.ts';
import { configuration, withPrompt } from '../support/configurations.ts';
import { ACME_KEY, PLATFORM_KEY, startService, type TestService } from '../support/service.ts';
import { partitionKeysOf, tableRequestsOf } from '../support/table-keys.ts';
import { assistantsOf, keysSeen } from '../support/upstream.ts';

const OTHER_KEY = 'local-other-key';

/** Organisations whose ids begin alike or differ in case only: whatever compares by prefix or loosely shows here. */
const KEYS: Readonly<Record<string, string>> = {
  acme: ACME_KEY,
  'acme-2': OTHER_KEY,
  'acme.2': PLATFORM_KEY,
  ACME: PLATFORM_KEY,
  a: OTHER_KEY,
  platform: PLATFORM_KEY,
};
const ORGS = Object.keys(KEYS);

let service: TestService;
beforeAll(async () => {
  service = await startService();
  service.vapi.configure({ accounts: { ...LOCAL_ACCOUNTS, [OTHER_KEY]: '0a0a0a0a-0000-4000-8000-000000000003' } });
  for (const [org, apiKey] of Object.entries(KEYS)) {
    if (apiKey !== PLATFORM_KEY) service.secrets.put(service.secretName(org), { apiKey });
  }
});
afterAll(() => service.stop());

const taskOf = (orgId: string) => ({ kind: 'sync-tools', orgId, role: 'inbound', operationId: 'x' });

/** A working day of an organisation. */
const STEPS: [name: string, run: (org: string) => Promise<unknown>][] = [
  ['creates', (org) => service.put(org, 'inbound', configuration())],
  ['creates its other one', (org) => service.put(org, 'outbound', configuration())],
  ['looks', (org) => service.get(org)],
  ['changes', (org) => service.put(org, 'inbound', withPrompt(org))],
  ['plans', (org) => service.put(org, 'inbound', withPrompt('plan'), { query: { dryRun: 'true' } })],
  ['repeats', (org) => service.put(org, 'inbound', withPrompt(org))],
  ['has tools', (org) => service.put(org, 'inbound', configuration({ tools: [{ type: 'endCall' }] }))],
  ['has its tools registered', (org) => service.work([taskOf(org)])],
  ['removes', (org) => service.remove(org, 'outbound')],
];

const listed = z.object({
  Item: z.object({ pk: z.object({ S: z.literal('OWN-ACCOUNTS') }), sk: z.object({ S: z.string() }) }),
});

/** Its line in the list of organisations that have accounts of their own. */
function isOwnEntry(input: object, org: string): boolean {
  return listed.safeParse(input).data?.Item.sk.S === org;
}

/** What of other organisations a step has touched. */
function trespasses(org: string, idsOfOthers: readonly string[]): string[] {
  const own = new Set([service.secretName(org), `${service.environment.SECRET_PREFIX}/platform`]);
  const scope = KEYS[org] === PLATFORM_KEY ? 'SCOPE#platform' : `SCOPE#org:${org}`;
  const secrets = service.secrets.requests.map(({ secret }) => secret).filter((name) => !own.has(name));
  const keys = keysSeen(service.vapi).filter((key) => key !== KEYS[org]);
  const rows = tableRequestsOf(service)
    .filter((request) => !isOwnEntry(request.input, org))
    .flatMap(partitionKeysOf)
    .filter((pk) => pk !== `ORG#${org}` && pk !== scope);
  const assistants = service.vapi.requests
    .map(({ path }) => path)
    .filter((path) => idsOfOthers.includes(path.split('/').at(-1) ?? ''));
  const bodies = service.vapi.requests.filter(({ body }) => {
    const metadata = isJsonObject(body) ? body.metadata : undefined;
    return isJsonObject(metadata) && metadata.orgId !== org;
  });
  return [...secrets, ...keys, ...rows, ...assistants, ...bodies.map(({ path }) => `metadata of another: ${path}`)];
}

const idsOf = (org: string) => assistantsOf(service.vapi, org).map(({ id }) => String(id));

it.each(STEPS)(
  'an organisation that %s reads no other’s secret, uses no other’s key, touches no other’s rows',
  async (_name, run) => {
    for (const org of ORGS) {
      const idsOfOthers = ORGS.filter((other) => other !== org).flatMap(idsOf);
      service.clearCounts();
      await run(org);
      expect(service.tableOperations.length).toBeGreaterThan(0);
      expect([org, trespasses(org, idsOfOthers)]).toEqual([org, []]);
    }
  },
);

it('all of them at once get their own, each in its own account', async () => {
  await Promise.all(ORGS.map((org) => service.put(org, 'outbound', withPrompt(`of ${org}`))));
  for (const org of ORGS) {
    const inAccount = service.vapi.requests.filter(({ body, method }) => {
      const metadata = isJsonObject(body) ? body.metadata : undefined;
      return method === 'POST' && isJsonObject(metadata) && metadata.orgId === org;
    });
    expect([org, ...new Set(inAccount.map(({ key }) => key))]).toEqual([org, KEYS[org]]);
  }
});

it('an organisation whose secret names another’s assistant does not get it', async () => {
  const { body: victim } = await service.put('victim', 'inbound', configuration());
  const before = assistantsOf(service.vapi, 'victim');
  service.secrets.put(service.secretName('thief'), { apiKey: PLATFORM_KEY, assistantId: victim.assistantId });
  const { body: thief } = await service.put('thief', 'inbound', withPrompt('mine'));
  expect(thief.assistantId).not.toBe(victim.assistantId);
  expect(assistantsOf(service.vapi, 'victim')).toEqual(before);
});

import { Collection } from '../../local/vapi/collection.ts';
import { startVapi } from '../../local/vapi/server.ts';
import { LOCAL_ACCOUNTS, type VapiStandIn } from '../../local/vapi/stand-in.ts';
import { processorMs } from '../support/processor-time.ts';
import { call, PLATFORM_KEY } from './vapi-caller.ts';

const account = LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '';
const start = Date.parse('2026-08-01T10:00:00.000Z');
const at = (ms: number) => new Date(start + ms).toISOString();
let vapi: VapiStandIn;
let now = start;

beforeAll(async () => {
  vapi = await startVapi({ now: () => now });
});
beforeEach(() => {
  vapi.clear();
  vapi.configure({ listLagMs: 0 });
  now = start;
});
afterAll(() => vapi.close());

async function names(query = ''): Promise<string> {
  const { json } = await call(vapi, `GET /assistant${query}`);
  return json.map((assistant: { name: string }) => assistant.name).join(' ');
}

/** Two of them share a millisecond, and they do not arrive in the order of their age. */
function seedFive(): void {
  for (const [name, ms] of [
    ['c', 20],
    ['a', 0],
    ['e', 30],
    ['b', 10],
    ['d', 20],
  ] as const) {
    vapi.seedAssistant(account, { name }, { createdAt: start + ms });
  }
}

const windows: [query: string, found: string][] = [
  ['', 'e d c b a'],
  ['?limit=2', 'e d'],
  ['?limit=0', ''],
  [`?createdAtGt=${at(20)}`, 'e'],
  [`?createdAtGe=${at(20)}`, 'e d c'],
  [`?createdAtLt=${at(20)}`, 'b a'],
  [`?createdAtLe=${at(20)}`, 'd c b a'],
  [`?createdAtGe=${at(10)}&createdAtLt=${at(30)}`, 'd c b'],
  [`?createdAtLe=${at(20)}&limit=1`, 'd'],
  [`?createdAtGt=${at(30)}`, ''],
  [`?updatedAtGe=${at(30)}`, 'e'],
  [`?updatedAtLt=${at(10)}`, 'a'],
];

it.each(windows)('the window %s shows "%s"', async (query, found) => {
  seedFive();
  expect(await names(query)).toBe(found);
});

it('an update moves a resource in the windows of updatedAt, not in the order', async () => {
  seedFive();
  const oldest = vapi.assistants(account).at(-1);
  now = start + 100;
  await call(vapi, `PATCH /assistant/${oldest?.id}`, { body: { firstMessage: 'Hi' } });
  expect(await names(`?updatedAtGt=${at(30)}`)).toBe('a');
  expect(await names()).toBe('e d c b a');
});

const refused: [query: string, complaint: string][] = [
  ['?limit=1001', 'limit must not be greater than 1000'],
  ['?limit=-1', 'limit must not be less than 0'],
  ['?limit=ten', 'limit must be a number'],
  ['?limit=', 'limit must be a number'],
  ['?createdAtGt=yesterday', 'createdAtGt must be a valid ISO 8601 date string'],
  ['?name=a', 'property name should not exist'],
  ['?page=2', 'property page should not exist'],
];

it.each(refused)('the query %s is refused', async (query, complaint) => {
  const reply = await call(vapi, `GET /assistant${query}`);
  expect(reply.status).toBe(400);
  expect(reply.json.message).toEqual([expect.stringContaining(complaint)]);
});

it('a list ends at 100 unless told', async () => {
  for (let ms = 0; ms < 101; ms++) vapi.seedAssistant(account, {}, { createdAt: start + ms });
  expect((await call(vapi, 'GET /assistant')).json).toHaveLength(100);
  expect((await call(vapi, 'GET /assistant?limit=1000')).json).toHaveLength(101);
});

it('with a lag, a new resource is missing in lists and found by its id', async () => {
  vapi.configure({ listLagMs: 1000 });
  const { json } = await call(vapi, 'POST /assistant', { body: { name: 'new' } });
  now = start + 999;
  expect(await names()).toBe('');
  expect((await call(vapi, `GET /assistant/${json.id}`)).status).toBe(200);
  now = start + 1000;
  expect(await names()).toBe('new');
});

it('a deleted one among equals in age is gone, the others stay', async () => {
  seedFive();
  const c = vapi.assistants(account).find(({ name }) => name === 'c');
  await call(vapi, `DELETE /assistant/${c?.id}`);
  expect(await names()).toBe('e d b a');
});

it('20,000 assistants do not slow a page down', async () => {
  for (let ms = 0; ms < 20_000; ms++) vapi.seedAssistant(account, { name: String(ms) }, { createdAt: start + ms });
  const began = processorMs();
  for (let page = 0; page < 50; page++) {
    expect(await names(`?limit=1&createdAtLt=${at(page * 400 + 1)}`)).toBe(String(page * 400));
  }
  // Some 100 ms; with the defaults put into each of them for each page it takes seconds.
  expect(processorMs() - began).toBeLessThan(1500);
});

it('a page is found by bisection: of 20,000 assistants, it looks at the age of twenty', () => {
  let looks = 0;
  const collection = new Collection();
  for (let ms = 0; ms < 20_000; ms++) {
    collection.add({
      ...{ id: String(ms), orgId: account, updatedAt: ms, fields: {} },
      get createdAt() {
        looks += 1;
        return ms;
      },
    });
  }
  for (const createdTo of [0, 1, 9_999, 15_000, 19_999]) {
    looks = 0;
    const window = { createdFrom: 0, createdTo, updatedFrom: 0, updatedTo: 20_000, limit: 1 };
    expect(collection.list(window, () => true).map(({ id }) => id)).toEqual([String(createdTo)]);
    expect(looks).toBeLessThanOrEqual(20);
  }
});

import { type ListeningServer, listen } from '../../local/stack/http-server.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

let stranger: ListeningServer;
beforeAll(async () => {
  stranger = await listen((_request, response) => {
    const frame = `<iframe src="${opened.address}"></iframe>`;
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>stranger</title>${frame}`);
  });
});
afterAll(() => stranger.close());

it('a page of another origin starts nothing, reads nothing, and cannot frame the console', async () => {
  const { page: owner } = await opened.visit();
  await owner.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
  const { origin, search } = new URL(opened.address);
  // In the same window, which has the cookie; SameSite counts every port of a host as one site.
  const page = await owner.context().newPage();
  const statuses: number[] = [];
  page.on('response', (response) => {
    if (response.url().startsWith(origin)) statuses.push(response.status());
  });
  await page.goto(stranger.url);
  const outcome = '.then(({ type }) => type, (error) => error.name)';
  const start = `fetch('${origin}/console/api/drift', { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })`;
  const read = `fetch('${origin}/console/api/assistants${search}', { credentials: 'include' })`;
  for (const request of [start, read]) expect(await page.evaluate(`${request}${outcome}`)).toBe('TypeError');
  expect(new Set(statuses)).toEqual(new Set([403]));
  expect(opened.service.sent).toEqual([]);
});

it.each([
  ['a wrong token', (address: URL) => address.searchParams.set('token', 'wrong'), 401],
  ['no token', (address: URL) => address.searchParams.delete('token'), 401],
  [
    'a name that was rebound to this machine',
    (address: URL) => Object.assign(address, { hostname: 'rebound.example' }),
    403,
  ],
])('%s shows nothing', async (_name, change, status) => {
  const address = new URL(opened.address);
  change(address);
  const context = await opened.browser.newContext();
  const page = await context.newPage();
  const response = await page.goto(address.href);
  expect([response?.status(), await page.getByRole('link').count()]).toEqual([status, 0]);
});

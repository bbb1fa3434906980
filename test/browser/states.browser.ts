import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { z } from 'zod';
import { configuration } from '../support/configurations.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const results = z.object({
  violations: z.array(
    z.object({ id: z.string(), impact: z.string().nullish(), nodes: z.array(z.object({ html: z.string() })) }),
  ),
});

/** What axe finds serious, with the elements. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = results.parse(await page.evaluate('axe.run()'));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
}

const problem = {
  type: 'urn:vapi-sync:problem:STORAGE_UNAVAILABLE',
  title: 'Storage unavailable',
  status: 503,
  detail: 'The table does not answer. Repeat the request.',
  code: 'STORAGE_UNAVAILABLE',
  operationId: 'op-1',
  retryable: true,
  errors: [],
};

/** A page, what it shows when there is nothing, and what it asks for. */
const PAGES = [
  ['Fleet', '', 'There is no assistant yet.', 'assistants*', 'the fleet'],
  ['Drift', 'drift', 'There was no drift run yet.', 'drift/runs*', 'the drift runs'],
  ['Rollouts', 'rollouts', 'There was no rollout yet.', 'rollouts*', 'the rollouts'],
  ['Changes', 'changes', 'Nothing was changed since a day ago.', 'changes*', 'the changes'],
  ['Forecast', 'forecast', 'Nobody has looked yet.', 'drift/runs*', 'the forecast'],
] as const;

describe.each(PAGES)('%s', (title, path, empty, asked, what) => {
  it.each(['light', 'dark'] as const)(
    'says what to do when there is nothing, and axe finds nothing (%s)',
    async (scheme) => {
      const { page, spoken } = await opened.visit(path, scheme);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.getByText(empty).waitFor();
      expect(await page.getByRole('link', { name: title, exact: true }).getAttribute('aria-current')).toBe('page');
      expect(await seriousFindings(page)).toEqual([]);
      expect(spoken).toEqual([]);
    },
  );

  it('says that it loads, then what went wrong, and tries again', async () => {
    const { page } = await opened.visit('nowhere');
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const address = `**/console/api/${asked}`;
    await page.route(address, async (route) => {
      await answered;
      await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) });
    });
    await page.getByRole('link', { name: title, exact: true }).click();
    await page.getByText(`Loading ${what}…`).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    answer();
    const alert = page.getByRole('alert');
    await alert.getByText(`Could not load ${what}.`).waitFor();
    await alert.getByText('STORAGE_UNAVAILABLE: The table does not answer. Repeat the request.').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.unroute(address);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await page.getByText(empty).waitFor();
  });
});

it.each([
  ['an assistant', 'assistants/globex/inbound', 'orgs/globex/assistants/inbound*', 'globex inbound'],
  ['a rollout', 'rollouts/r-1', 'rollouts/r-1', 'the rollout'],
])('%s says that it loads, then what went wrong', async (_name, path, asked, what) => {
  const { page } = await opened.visit('nowhere');
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  await page.route(`**/console/api/${asked}`, async (route) => {
    await answered;
    await route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) });
  });
  await page.goto(opened.address.replace('/console/', `/console/${path}`));
  await page.getByText(`Loading ${what}…`).waitFor();
  answer();
  const alert = page.getByRole('alert');
  await alert.getByText(`Could not load ${what}.`).waitFor();
  expect(await alert.textContent()).toContain('STORAGE_UNAVAILABLE: The table does not answer.');
  await alert.getByRole('button', { name: 'Try again' }).waitFor();
});

it('an address that names no role shows no assistant, and one that cannot be read does not stop the others', async () => {
  const { page } = await opened.visit('assistants/globex/both');
  await page.getByRole('heading', { level: 1, name: 'There is no such page' }).waitFor();
  await page.goto(opened.address.replace('/console/', '/console/drift/%E0%A4%A'));
  await page.getByText('Could not load the page.').waitFor();
  await page.getByRole('link', { name: 'Changes' }).click();
  await page.getByRole('heading', { level: 1, name: 'Changes' }).waitFor();
  expect(await page.getByText('Could not load the page.').count()).toBe(0);
});

it('an assistant that there is not is said to be none', async () => {
  const { page } = await opened.visit('assistants/nobody/inbound');
  expect(await page.getByRole('alert').textContent()).toMatch(/^Could not load nobody inbound.*NOT_FOUND/);
});

describe('with something to show, axe finds nothing', () => {
  beforeAll(async () => {
    const { served, service } = opened;
    const send = async (method: string, path: string, body: object) => {
      const headers = { 'content-type': 'application/json' };
      await fetch(`${served.url}${path}`, { method, headers, body: JSON.stringify(body) });
    };
    for (const text of ['one', 'two']) await service.put('globex', 'inbound', configuration({ firstMessage: text }));
    await send('PUT', '/templates/clinic', { assistant: configuration() });
    await service.put('clinic', 'inbound', { template: 'clinic' });
    await send('PUT', '/templates/clinic', { assistant: configuration({ firstMessage: 'two' }) });
    await send('POST', '/rollouts', { template: 'clinic', version: 2 });
    for (const { id } of service.vapi.assistants('0a0a0a0a-0000-4000-8000-000000000001')) {
      const headers = { authorization: 'Bearer local-platform-key', 'content-type': 'application/json' };
      const body = JSON.stringify({ firstMessage: 'By hand' });
      await fetch(`${service.vapi.url}/assistant/${id}`, { method: 'PATCH', headers, body });
    }
    const retirement = { provider: 'openai', model: 'gpt-4o', retirementDate: '2026-12-24' };
    service.vapi.configure({ modelDeprecations: [{ ...retirement, replacementModel: 'gpt-5' }] });
    await send('POST', '/drift', {});
  });

  it.each(['light', 'dark'] as const)('%s', async (scheme) => {
    const { page, spoken } = await opened.visit('drift', scheme);
    await page.getByText('/firstMessage').first().waitFor();
    await page.locator('summary').first().click();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Forecast' }).click();
    await page.getByText('openai/gpt-4o').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Rollouts', exact: true }).click();
    await page.getByRole('link', { name: 'Targets of clinic, version 2' }).click();
    await page.getByRole('link', { name: 'clinic inbound' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Changes' }).click();
    await page.getByRole('link', { name: 'globex inbound' }).first().waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'Fleet' }).click();
    await page.getByRole('link', { name: 'globex inbound' }).waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('link', { name: 'globex inbound' }).click();
    await page.getByRole('heading', { name: 'History' }).waitFor();
    for (const box of await page.getByRole('checkbox').all()) await box.check();
    await page.getByRole('button', { name: 'Compare' }).click();
    await page.getByText('1 line differs.').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    await page.getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').getByText('1 line differs.').waitFor();
    expect(await seriousFindings(page)).toEqual([]);
    expect(spoken).toEqual([]);
  });

  it('320 px wide, no page scrolls sideways', async () => {
    const { page } = await opened.visit();
    await page.setViewportSize({ width: 320, height: 640 });
    for (const [path, shown] of [
      ['', page.getByRole('link', { name: 'globex inbound' })],
      ['assistants/globex/inbound', page.getByRole('button', { name: 'Roll back' })],
      ['drift', page.getByText('/firstMessage').first()],
      ['rollouts', page.getByRole('link', { name: 'Targets of clinic, version 2' })],
      ['changes', page.getByRole('link', { name: 'globex inbound' }).first()],
      ['forecast', page.getByText('openai/gpt-4o')],
    ] as const) {
      await page.goto(opened.address.replace('/console/', `/console/${path}`));
      await shown.waitFor();
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 320]);
    }
  });
});

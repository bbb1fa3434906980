import type { Page } from 'playwright-core';
import { seedFleet } from '../../local/fleet/fleet.ts';
import { LOCAL_ACCOUNTS } from '../../local/vapi/stand-in.ts';
import { configuration } from '../support/configurations.ts';
import { PLATFORM_KEY } from '../support/service.ts';
import { type Opened, useConsole } from './open-console.ts';

const COUNT = 10_000;

let opened: Opened;
useConsole((given) => {
  opened = given;
});
beforeAll(async () => {
  const { dynamo, vapi, environment } = opened.service;
  const ground = { dynamo, vapi, tableName: environment.TABLE_NAME ?? '', deployment: 'test' };
  const members = Array.from({ length: COUNT }, (_, index) => ({
    key: { orgId: `org-${String(index >> 1).padStart(5, '0')}`, role: index % 2 ? 'outbound' : 'inbound' } as const,
    scope: 'platform' as const,
    account: LOCAL_ACCOUNTS[PLATFORM_KEY] ?? '',
    apiKey: PLATFORM_KEY,
    createdAt: Date.now() - (COUNT - index) * 1_000,
    config: configuration(),
  }));
  await seedFleet(ground, members);
  await opened.service.put('acme', 'inbound', configuration());
}, 120_000);

/** Types a text, and waits until the rows are drawn. */
const typed = (text: string) => `(async () => {
  const field = document.querySelector('input[type=search]');
  field.value = ${JSON.stringify(text)};
  field.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
})()`;

/** How long the page has been computing, in ms: other processes of this machine do not count. */
async function processorOf(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const task = metrics.find(({ name }) => name === 'TaskDuration');
    if (!task) throw new Error('the browser does not count');
    return task.value * 1000;
  };
}

it('10,000 rows are filtered in under 100 ms, sorted, and scroll to the last', async () => {
  const { page, spoken } = await opened.visit();
  await page.getByText('10,000 assistants', { exact: true }).waitFor();
  for (const name of ['Organisation', 'Role', 'State', 'Drift']) {
    await page.getByRole('columnheader', { name, exact: true }).waitFor();
  }
  const processorMs = await processorOf(page);
  const times: number[] = [];
  for (const text of ['org-0412', 'outbound', 'org-04999 inbound', 'o', '', 'synced', 'nothing-like-that', '']) {
    const began = await processorMs();
    await page.evaluate(typed(text));
    times.push((await processorMs()) - began);
  }
  expect(Math.min(...times)).toBeGreaterThan(0);
  expect(Math.max(...times)).toBeLessThan(100);
  // Only what is in view is in the document.
  expect(await page.getByRole('row').count()).toBeLessThan(60);
  expect(await page.getByRole('table').getAttribute('aria-rowcount')).toBe('10001');
  await page.getByRole('region', { name: 'Assistants' }).focus();
  await page.keyboard.press('End');
  await page.getByRole('link', { name: 'org-04999 outbound' }).waitFor();
  await page.getByRole('button', { name: 'Organisation' }).click();
  await page.keyboard.press('Enter');
  const header = page.getByRole('columnheader', { name: 'Organisation' });
  expect(await header.getAttribute('aria-sort')).toBe('descending');
  await page.getByRole('region', { name: 'Assistants' }).press('Home');
  expect(await page.locator('tr[aria-rowindex="2"] a').textContent()).toMatch(/^org-04999/);
  expect(spoken).toEqual([]);
});

it('the way back from an assistant finds the filter, and the token stands no more in the address', async () => {
  const { page, spoken } = await opened.visit();
  expect(page.url()).not.toContain('token');
  await page.getByLabel('Filter…').fill('org-00042 out');
  await page.getByRole('link', { name: 'org-00042 outbound' }).click();
  await page.getByRole('heading', { level: 1, name: 'org-00042 outbound' }).waitFor();
  await page.goBack();
  await page.getByText('1 of 10,000 assistants').waitFor();
  expect(await page.getByLabel('Filter…').inputValue()).toBe('org-00042 out');
  await page.reload();
  await page.getByText('1 of 10,000 assistants').waitFor();
  expect(spoken).toEqual([]);
});

it('an organisation with an account of its own is found by its name', async () => {
  const { page, spoken } = await opened.visit();
  await page.getByText('10,000 assistants', { exact: true }).waitFor();
  await page.getByLabel('Filter…').fill('acme');
  await page.getByRole('button', { name: 'Show organisation acme' }).click();
  await page.getByRole('link', { name: 'acme inbound' }).click();
  await page.getByText('the organisation’s own').waitFor();
  expect(spoken).toEqual([]);
});

import { configuration } from '../support/configurations.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

it('the feed shows a change as it happens, can be halted, and filters', async () => {
  const { page, spoken } = await opened.visit('changes');
  await page.getByText('Nothing was changed since a day ago.').waitFor();
  await opened.service.put('live', 'inbound', configuration());
  await page.getByRole('link', { name: 'live inbound' }).waitFor();
  await page.getByText('Created', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Resume' }).click();
  await opened.service.put('live', 'inbound', configuration({ firstMessage: 'Good morning!' }));
  await page.getByText('/firstMessage').first().waitFor();
  const entries = page.getByRole('listitem').filter({ has: page.getByRole('link', { name: 'live inbound' }) });
  await entries.nth(1).waitFor();
  expect(await entries.first().textContent()).toContain('Updated');
  await page.getByLabel('Filter…').fill('updated');
  expect(await entries.count()).toBe(1);
  await page.getByLabel('Filter…').fill('nothing of that');
  await page.getByText('No change is like that.').waitFor();
  expect(spoken).toEqual([]);
});

import type { Page } from 'playwright-core';
import { configuration } from '../support/configurations.ts';
import { driftEvent } from '../support/drift-runs.ts';
import { PLATFORM_KEY } from '../support/service.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

/** Changes an assistant past the service, as in the dashboard of Vapi. */
async function edit(org: string, change: object | undefined): Promise<void> {
  const { assistantId } = (await opened.service.get(org, 'inbound')).body;
  const headers = { authorization: `Bearer ${PLATFORM_KEY}`, 'content-type': 'application/json' };
  const rest = change === undefined ? { method: 'DELETE' } : { method: 'PATCH', body: JSON.stringify(change) };
  const { ok } = await fetch(`${opened.service.vapi.url}/assistant/${assistantId}`, { headers, ...rest });
  expect(ok).toBe(true);
}

async function heal(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Heal' }).click();
  await page.getByRole('button', { name: 'Check and heal' }).click();
}

it('shows the findings of a run by their cause, and heals them', async () => {
  const orgs = ['one', 'two', 'three', 'four', 'five'];
  for (const org of orgs) await opened.service.put(org, 'inbound', configuration());
  await edit('one', { firstMessage: 'By hand' });
  await edit('two', { firstMessage: 'By hand' });
  await edit('three', undefined);
  const { page, spoken } = await opened.visit('drift');
  await page.getByText('There was no drift run yet.').waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  const edited = page.getByRole('listitem').filter({ hasText: '/firstMessage' }).first();
  await edited.locator('summary').click();
  await edited.getByRole('link', { name: 'one inbound' }).waitFor();
  expect(await edited.locator('summary .count').textContent()).toBe('2');
  await page.getByText('Vapi does not have it any more').waitFor();
  await page.getByRole('img', { name: 'Findings of the last 1 run; the newest has 3' }).waitFor();
  await page.getByRole('button', { name: 'Heal' }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect((await opened.service.invoke('drift', driftEvent('GET'))).body.runs).toHaveLength(1);
  await heal(page);
  await page.getByText(/^Sent for healing: 3 reapplied/).waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText('Nothing was found.').waitFor();
  expect((await opened.service.get('three', 'inbound')).body.drift).toBeNull();
  const found = opened.service.vapi.assistants('0a0a0a0a-0000-4000-8000-000000000001');
  expect(found.map(({ firstMessage }) => firstMessage)).toEqual(orgs.map(() => 'Hello!'));
  await page.getByRole('link', { name: 'Forecast' }).click();
  await page.getByText('Nothing stops, as far as is known.').waitFor();
  expect(spoken).toEqual([]);
});

it('says of each finding that was not to be healed why it was left', async () => {
  await opened.service.put('watched', 'inbound', configuration());
  await opened.service.invoke('sync', {
    version: '2.0',
    routeKey: 'PUT /orgs/{orgId}',
    requestContext: { http: { method: 'PUT' } },
    pathParameters: { orgId: 'watched' },
    body: '{"driftMode": "report"}',
  });
  await edit('watched', { firstMessage: 'By hand' });
  const { page } = await opened.visit('drift');
  await heal(page);
  const left = page.getByText('left as it is: the driftMode of watched is report');
  await left.waitFor();
  expect(await left.count()).toBe(1);
});

it('says when another run is going on, so that nothing is healed', async () => {
  const { page } = await opened.visit('drift');
  const body = JSON.stringify({ runId: '20261129T000000Z-00000000', started: false });
  await page.route('**/console/api/drift', (route) => route.fulfill({ contentType: 'application/json', body }));
  await heal(page);
  const alert = page.getByRole('alert');
  await alert.waitFor();
  expect(await alert.textContent()).toContain('Another drift run is going on: nothing was healed.');
});

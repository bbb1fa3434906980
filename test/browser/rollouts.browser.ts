import { configuration } from '../support/configurations.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

async function send(method: string, path: string, body: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${opened.served.url}${path}`, { method, headers, body: JSON.stringify(body) });
  expect(response.ok).toBe(true);
  return JSON.parse(await response.text());
}

const template = (firstMessage: string) => ({ assistant: configuration({ firstMessage }) });

/** More waves than pass while a busy machine draws the page once. */
const WAVES = 30;

it('a rollout is watched from wave to wave, paused, resumed and rolled back', async () => {
  await send('PUT', '/templates/clinic', template('one'));
  const orgs = Array.from({ length: WAVES }, (_, index) => `clinic-${index}`);
  for (const org of orgs) await opened.service.put(org, 'inbound', { template: 'clinic' });
  await send('PUT', '/templates/clinic', template('two'));
  const { page, spoken } = await opened.visit('rollouts');
  await page.getByText('There was no rollout yet.').waitFor();
  const waves = { first: 1, growth: 'linear', bakeSeconds: 2 };
  const { rolloutId } = await send('POST', '/rollouts', { template: 'clinic', version: 2, waves });
  await page.getByRole('link', { name: 'clinic, version 2', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: 'clinic, version 2' }).waitFor();
  expect(page.url()).toContain(String(rolloutId));
  /** The wave that is shown, once it is a later one; of those before it, each has changed its target. */
  const waveAfter = async (earlier: number): Promise<number> => {
    const later = Array.from({ length: WAVES - earlier }, (_, index) => earlier + index + 1);
    const shown = page.getByText(new RegExp(`wave (${later.join('|')}) of ${WAVES}, `));
    const [, wave, targets] = /wave (\d+) of \d+, (\d+) of 30 targets/.exec((await shown.textContent()) ?? '') ?? [];
    expect([Number(wave) - 1, Number(wave)]).toContain(Number(targets));
    return Number(wave);
  };
  const second = await waveAfter(1);
  const third = await waveAfter(second);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText('Paused', { exact: true }).waitFor();
  await page.getByRole('img', { name: /^Wave \d+ of 30 waves/ }).waitFor();
  await page.getByRole('button', { name: 'Resume' }).click();
  await waveAfter(third);
  await page.getByRole('button', { name: 'Roll back' }).click();
  const dialog = page.getByRole('dialog', { name: 'Roll back clinic, version 2?' });
  await dialog.getByText(/go back to the configuration/).waitFor();
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await page.locator('[role=status]').getByText('Rolled back', { exact: true }).waitFor();
  const found = opened.service.vapi.assistants('0a0a0a0a-0000-4000-8000-000000000001');
  expect(found.map(({ firstMessage }) => firstMessage)).toEqual(orgs.map(() => 'one'));
  await page.getByRole('link', { name: 'clinic-0 inbound' }).waitFor();
  expect(spoken).toEqual([]);
});

it('says by cause why targets failed', async () => {
  await send('PUT', '/templates/other', template('one'));
  for (const org of ['other-0', 'other-1']) await opened.service.put(org, 'inbound', { template: 'other' });
  await send('PUT', '/templates/other', {
    ...template('${greeting}'),
    variables: { greeting: { type: 'string', required: true } },
  });
  await send('POST', '/rollouts', { template: 'other', version: 2, failureTolerance: 5, waves: { bakeSeconds: 0 } });
  const { page, spoken } = await opened.visit('rollouts');
  await page.getByRole('heading', { name: 'Failures by cause' }).waitFor();
  await page.getByRole('cell', { name: 'VARIABLES_MISSING' }).waitFor();
  expect(spoken).toEqual([]);
});

import { setTimeout as sleep } from 'node:timers/promises';
import { withPrompt } from '../support/configurations.ts';
import { type Opened, useConsole } from './open-console.ts';

let opened: Opened;
useConsole((given) => {
  opened = given;
});

const tool = { type: 'function', function: { name: 'book' } };

/** What Vapi has of the assistant. */
async function prompt(org: string): Promise<unknown> {
  const { assistantId } = (await opened.service.get(org, 'inbound')).body;
  const accounts = opened.service.vapi.assistants('0a0a0a0a-0000-4000-8000-000000000001');
  return accounts.find(({ id }) => id === assistantId)?.model;
}

/** With its tools linked: the worker makes a revision, and a rollback is refused that was shown another one. */
async function applied(org: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await opened.service.put(org, 'inbound', { ...withPrompt(text), tools: [tool] });
  const isLinked = async () => (await opened.service.get(org, 'inbound')).body.tools.status === 'linked';
  while (!(await isLinked())) await sleep(50);
}

it('shows an assistant: configuration, tools, number, what callers hear, and the difference of two versions', async () => {
  await applied('shown', 'opens at eight', 'opens at nine');
  const { page, spoken } = await opened.visit('assistants/shown/inbound');
  for (const name of ['Configuration', 'Live', 'Tools', 'Number', 'History', 'Changes']) {
    await page.getByRole('heading', { name, exact: true }).waitFor();
  }
  await page.getByText('top-secret-prompt opens at nine').waitFor();
  await page.getByText('Callers hear the configuration that was applied last.').waitFor();
  await page.getByText('Linked', { exact: true }).first().waitFor();
  const compare = page.getByRole('button', { name: 'Compare' });
  expect(await compare.isDisabled()).toBe(true);
  for (const box of await page.getByRole('checkbox').all()) await box.check();
  await compare.click();
  const difference = page.getByRole('region', { name: 'Difference' });
  await difference.getByText('1 line differs.').waitFor();
  expect(await difference.locator('del').allTextContents()).toEqual(['eight']);
  expect(await difference.locator('ins').allTextContents()).toEqual(['nine']);
  expect(spoken).toEqual([]);
});

it('by keyboard alone it is rolled back, after the difference was shown', async () => {
  await applied('back', 'first', 'second');
  const { page, spoken } = await opened.visit('assistants/back/inbound');
  const focused = () => page.evaluate('document.activeElement.textContent');
  const tabTo = async (text: string) => {
    for (let presses = 0; presses < 40 && (await focused()) !== text; presses += 1) await page.keyboard.press('Tab');
    expect(await focused()).toBe(text);
  };
  await page.getByRole('heading', { name: 'History' }).waitFor();
  await tabTo('Roll back');
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Roll back back inbound?' });
  await dialog.getByText('1 line differs.').waitFor();
  expect(await focused()).toBe('Cancel');
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await prompt('back')).toMatchObject({ messages: [{ content: 'top-secret-prompt second' }] });
  expect(await focused()).toBe('Roll back');
  await page.keyboard.press('Enter');
  await dialog.getByText('1 line differs.').waitFor();
  await tabTo('Roll back');
  await page.keyboard.press('Enter');
  await page.getByText(/^Rolled back: updated/).waitFor();
  expect(await prompt('back')).toMatchObject({ messages: [{ content: 'top-secret-prompt first' }] });
  await page.getByText('top-secret-prompt first').waitFor();
  expect(spoken).toEqual([]);
});

it('a change that somebody has made meanwhile stays: the rollback says so', async () => {
  await applied('raced', 'first', 'second');
  const { page } = await opened.visit('assistants/raced/inbound');
  await page.getByRole('button', { name: 'Roll back' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 line differs.').waitFor();
  await applied('raced', 'third');
  await dialog.getByRole('button', { name: 'Roll back' }).click();
  await dialog.getByText(/PRECONDITION_FAILED/).waitFor();
  expect(await prompt('raced')).toMatchObject({ messages: [{ content: 'top-secret-prompt third' }] });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
});

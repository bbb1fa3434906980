import { renderPage } from '../../cli/verify/page.ts';
import { aReport } from './a-report.ts';

const TARGET = { what: 'stage <dev>', version: '1.2.3', commit: 'abc1234' };
const page = renderPage(aReport(), TARGET);

it('names the verdict, each scenario with its duration, and what was left', () => {
  for (const text of [
    '1 of 2 failed',
    'Idempotency',
    'verification of stage &lt;dev&gt;',
    'vapi-sync 1.2.3, commit abc1234',
    '1.23 s',
    '404 recovery',
    '2026-01-02 03:04:05 UTC',
    'ba9876543210',
  ]) {
    expect(page).toContain(text);
  }
  expect(page).toContain('Left for the next run');
});

it('texts of the report stay text: a name or a refusal of Vapi may hold anything', () => {
  expect(page).not.toContain('<script>');
  expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; more');
  expect(page).toContain('verify-x is &lt;claimed&gt;');
  expect(page).not.toContain('<b>');
});

it('is one file: nothing is loaded from anywhere', () => {
  expect(page).not.toMatch(/\b(?:src|href)=|url\(|@import|https?:\/\//);
});

it('fits a phone and both themes', () => {
  expect(page).toContain('name="viewport" content="width=device-width');
  expect(page).toContain('prefers-color-scheme: dark');
});

it('says so when everything was removed', () => {
  const clean = renderPage({ ...aReport(), cleanup: { earlierRunsRemoved: [], left: [] } }, TARGET);
  expect(clean).toContain('Everything that was made for this run has been removed.');
});

it('several failures of one scenario are a list', () => {
  const report = aReport();
  const [first, ...others] = report.results;
  if (!first) throw new Error('there is no result');
  const shown = renderPage({ ...report, results: [{ ...first, message: 'One.\nTwo.' }, ...others] }, TARGET);
  expect(shown).toContain('<li>One.</li><li>Two.</li>');
});

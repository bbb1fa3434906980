import type { ScenarioResult, VerificationReport } from '../../src/domain/verification/report.ts';
import type { VerifiedTarget } from './target.ts';
import { seconds } from './text.ts';

const TITLES: Readonly<Record<ScenarioResult['name'], string>> = {
  'voice-normalisation': 'Voice normalisation',
  'credential-fallback': 'Credential fallback',
  idempotency: 'Idempotency',
  '404-recovery': '404 recovery',
  'logging-and-errors': 'Logging and error handling',
};

/**
 * Follows the theme of the system; narrow screens get one column. No script, no font, no image: it works from a mail.
 */
const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --line: #dde1e6; --text: #1c2127; --quiet: #5b6672;
  --pass: #14713d; --pass-soft: #e3f3e9; --fail: #b3261e; --fail-soft: #fbe7e5; --warn: #8a5a00; --warn-soft: #fdf1d8; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1d2228; --line: #333b44; --text: #e8ebee;
  --quiet: #a3aeb9; --pass: #6fd69a; --pass-soft: #163425; --fail: #ff8f86; --fail-soft: #431d1b; --warn: #f0c465; --warn-soft: #3b2f14; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 52rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.35rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.05rem; line-height: 1.3; margin: 0; }
p { margin: 0; }
.quiet { color: var(--quiet); font-size: .875rem; }
.summary { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; border-radius: .75rem; padding: 1rem 1.25rem;
  margin: 1.25rem 0; background: var(--soft); border: 1px solid var(--tone); }
.summary strong { font-size: 1.5rem; line-height: 1.2; color: var(--tone); }
.pass { --tone: var(--pass); --soft: var(--pass-soft); }
.fail { --tone: var(--fail); --soft: var(--fail-soft); }
.warn { --tone: var(--warn); --soft: var(--warn-soft); }
article { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--tone); border-radius: .75rem;
  padding: 1rem 1.25rem; margin: .75rem 0; }
header { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; margin-bottom: .4rem; }
header .quiet { margin-left: auto; font-variant-numeric: tabular-nums; }
.badge { font-size: .75rem; font-weight: 700; letter-spacing: .04em; color: var(--tone); background: var(--soft);
  border-radius: 1rem; padding: .1rem .6rem; }
article.fail .message { color: var(--fail); font-weight: 500; }
.message, li, dd, td { overflow-wrap: anywhere; }
details { margin-top: .6rem; }
summary { cursor: pointer; color: var(--quiet); font-size: .875rem; padding: .4rem 0; }
pre { margin: .4rem 0 0; padding: .75rem; border-radius: .5rem; background: var(--page); overflow-x: auto;
  font: .8125rem/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
ul { margin: .3rem 0 0; padding-left: 1.2rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1.5rem 0 0; font-size: .875rem; }
dt { color: var(--quiet); }
dd { margin: 0; }
@media (max-width: 30rem) { header .quiet { margin-left: 0; flex-basis: 100%; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
`;

/** The report as one HTML page that needs nothing else. Every text of the report is escaped. */
export function renderPage(report: VerificationReport, { what, version, commit }: VerifiedTarget): string {
  const verdict = report.failed === 0 ? 'All scenarios passed' : `${report.failed} of ${report.total} failed`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>vapi-sync: ${verdict}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>vapi-sync verification of ${escaped(what)}</h1>
<p class="quiet"><time datetime="${escaped(report.startedAt)}">${escaped(readableTime(report.startedAt))}</time></p>
<section class="summary ${report.failed === 0 ? 'pass' : 'fail'}">
<strong>${verdict}</strong>
<span>${report.passed} of ${report.total} passed (${report.passRate} %) in ${seconds(report.durationMs)}</span>
</section>
${report.results.map(renderResult).join('\n')}
${renderCleanup(report)}
<dl>
<dt>Verified by</dt><dd>vapi-sync ${escaped(version)}${commit ? `, commit ${escaped(commit)}` : ''}</dd>
<dt>Operation</dt><dd>${escaped(report.operationId)}</dd>
<dt>Run</dt><dd>${escaped(report.runId)} (organisations verify-${escaped(report.runId)}-…)</dd>
</dl>
</main>
</body>
</html>
`;
}

function renderResult({ name, status, durationMs, message, details }: ScenarioResult): string {
  const shown = Object.keys(details).length > 0 ? renderDetails(details) : '';
  return `<article class="${status === 'PASS' ? 'pass' : 'fail'}">
<header><span class="badge">${status === 'PASS' ? '✔ PASS' : '✘ FAIL'}</span><h2>${TITLES[name]}</h2><span class="quiet">${seconds(durationMs)}</span></header>
${renderMessage(message)}${shown}
</article>`;
}

/** One sentence, or a list of what is wrong. */
function renderMessage(message: string): string {
  const lines = message.split('\n').map(escaped);
  if (lines.length === 1) return `<p class="message">${lines[0]}</p>`;
  return `<ul class="message">${lines.map((line) => `<li>${line}</li>`).join('')}</ul>`;
}

function renderDetails(details: ScenarioResult['details']): string {
  return `
<details><summary>Details</summary><pre>${escaped(JSON.stringify(details, null, 2))}</pre></details>`;
}

function renderCleanup({ cleanup: { earlierRunsRemoved, left } }: VerificationReport): string {
  if (earlierRunsRemoved.length === 0 && left.length === 0) {
    return '<p class="quiet">Everything that was made for this run has been removed.</p>';
  }
  const removed = earlierRunsRemoved.map((runId) => `Removed what run ${runId} had left`);
  const kept = left.map((what) => `Left for the next run: ${what}`);
  return `<article class="${left.length > 0 ? 'warn' : 'pass'}">
<header><h2>Cleaning up</h2></header>
<ul>${[...removed, ...kept].map((text) => `<li>${escaped(text)}</li>`).join('')}</ul>
</article>`;
}

function readableTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/**
 * Verifies the service and shows the outcome to people and pipelines:
 *
 *     npm run verify                              the sources in this checkout, on an embedded stack that is made for it
 *     npm run verify -- --stage dev [--region …]  the deployed function, by `sls invoke` with your AWS credentials
 *     npm run verify -- --url https://… [--header 'authorization: …']
 *                                                 a deployed API, by POST /verify. Requests are not signed: for routes with
 *                                                 IAM authorisation use --stage
 *
 * Without either, VAPI_BASE_URL and VAPI_PRIVATE_KEY in the environment put a real Vapi in the place of the stand-in.
 * Writes `verify-vapi-sync-report.json` and `verify-vapi-sync-report.html`. Exit codes: 0 when everything passed, 1 when
 * something failed, 2 when there is no report (bad arguments, no answer).
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { ScenarioResult, VerificationReport } from '../src/domain/verification/report.ts';
import { renderPage } from './verify/page.ts';
import { describeTarget } from './verify/target.ts';
import { resultLine, summaryLines } from './verify/text.ts';

const REPORT = 'verify-vapi-sync-report';

process.exitCode = await main();

async function main(): Promise<number> {
  const told: string[] = [];
  try {
    const chosen = readArguments();
    const target = describeTarget(chosen);
    console.log(`Verifying ${target.what} …\n`);
    const report = await verifyTarget(chosen, (result) => {
      told.push(result.name);
      console.log(resultLine(result));
    });
    for (const result of report.results.filter(({ name }) => !told.includes(name))) console.log(resultLine(result));
    for (const line of summaryLines(report)) console.log(line);
    writeFileSync(`${REPORT}.json`, `${JSON.stringify({ target, ...report }, null, 2)}\n`);
    writeFileSync(`${REPORT}.html`, renderPage(report, target));
    console.log(`\nReport: ${REPORT}.json, ${REPORT}.html`);
    return report.failed === 0 ? 0 : 1;
  } catch (error) {
    console.error(`There is no report: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
}

interface Arguments {
  stage?: string;
  region?: string;
  url?: string;
  header: string[];
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      stage: { type: 'string' },
      region: { type: 'string' },
      url: { type: 'string' },
      header: { type: 'string', multiple: true, default: [] },
    },
  });
  if (values.stage && values.url) throw new Error('Use --stage or --url, not both');
  return values;
}

async function verifyTarget(
  { stage, region, url, header }: Arguments,
  onResult: (result: ScenarioResult) => void,
): Promise<VerificationReport> {
  if (stage) {
    const { verifyStage } = await import('./verify/stage.ts');
    return await verifyStage({ stage, region });
  }
  if (url) {
    const { verifyUrl } = await import('./verify/url.ts');
    return await verifyUrl(url, header);
  }
  const { verifyEmbedded } = await import('./verify/embedded.ts');
  return await verifyEmbedded(onResult);
}

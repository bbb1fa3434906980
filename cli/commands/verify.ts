import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { ScenarioResult, VerificationReport } from '../../src/domain/verification/report.ts';
import { assertCheckout } from '../checkout.ts';
import { CliError, EXIT, messageOf } from '../exit.ts';
import { Output } from '../output.ts';
import type { GlobalOptions } from '../run.ts';
import { assertOnePlace } from '../target.ts';
import { renderPage } from '../verify/page.ts';
import { describeTarget } from '../verify/target.ts';
import { resultLine, summaryLines } from '../verify/text.ts';

const REPORT = 'verify-vapi-sync-report';

interface Options extends GlobalOptions {
  header: string[];
}

/** The command that runs the verification suite. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'Plays five scenarios on organisations that it makes and removes; writes a report as JSON and as a page',
    )
    .option('--header <name: value...>', 'with --url, for its authorisation', [])
    .addHelpText(
      'after',
      `
Without --stage and --url: the sources of this checkout, on a stack in memory; with VAPI_BASE_URL and
VAPI_PRIVATE_KEY against that Vapi. --stage invokes the function itself.

Example: npx vapi-sync verify --stage dev`,
    )
    .action(async function verify(this: Command) {
      process.exitCode = await run(this.optsWithGlobals<Options>());
    });
}

async function run(options: Options): Promise<number> {
  assertPlace(options);
  const out = new Output(options);
  const target = describeTarget(options);
  out.line(`Verifying ${target.what} …\n`);
  const told: string[] = [];
  const report = await verifyTarget(options, (result) => {
    told.push(result.name);
    out.line(resultLine(result));
  }).catch((error: unknown) => {
    throw new CliError(`There is no report: ${Error.isError(error) ? error.message : String(error)}`);
  });
  for (const result of report.results.filter(({ name }) => !told.includes(name))) out.line(resultLine(result));
  for (const line of summaryLines(report)) out.line(line);
  out.json({ target, ...report });
  writeReport(report, target);
  out.line(`\nReport: ${REPORT}.json, ${REPORT}.html`);
  return report.failed === 0 ? EXIT.done : EXIT.failed;
}

/** Writes the report as JSON and as a page, where the command runs. Throws a `CliError`. */
function writeReport(report: VerificationReport, target: ReturnType<typeof describeTarget>): void {
  try {
    writeFileSync(`${REPORT}.json`, `${JSON.stringify({ target, ...report }, null, 2)}\n`);
    writeFileSync(`${REPORT}.html`, renderPage(report, target));
  } catch (error) {
    const why = messageOf(error);
    throw new CliError(`The report cannot be written here: ${why}`);
  }
}

function assertPlace(options: Options): void {
  assertOnePlace(options);
  const { stage, url, header } = options;
  if (url) return;
  if (header.length > 0) throw new CliError('--header goes with --url.', EXIT.usage);
  assertCheckout(stage ? 'verify --stage' : 'The embedded stack', '--url');
}

async function verifyTarget(
  { stage, region, url, token, header }: Options,
  onResult: (result: ScenarioResult) => void,
): Promise<VerificationReport> {
  if (stage) {
    const { verifyStage } = await import('../verify/stage.ts');
    return await verifyStage({ stage, region });
  }
  if (url) {
    const { verifyUrl } = await import('../verify/url.ts');
    return await verifyUrl(url, token ? [...header, `authorization: Bearer ${token}`] : header);
  }
  const { verifyEmbedded } = await import('../verify/embedded.ts');
  return await verifyEmbedded(onResult);
}

import { Command, CommanderError } from 'commander';
import { addAssistantCommands } from './commands/assistants.ts';
import { addChangeCommands } from './commands/changes.ts';
import { addConsoleCommand } from './commands/console.ts';
import { addDirectoryCommands } from './commands/directory.ts';
import { addDriftCommand } from './commands/drift.ts';
import { addImportCommands } from './commands/import.ts';
import { addRedriveCommand } from './commands/redrive.ts';
import { addRolloutCommands } from './commands/rollouts.ts';
import { addTemplateCommands } from './commands/templates.ts';
import { addVerifyCommand } from './commands/verify.ts';
import { CliError, EXIT, sentencesOf } from './exit.ts';
import { plain } from './output.ts';

/** The whole command, as its help and docs/cli.md show it. */
export function makeProgram(): Command {
  const program = new Command('vapi-sync')
    .description('Exactly one Vapi assistant for each organisation and role, equal to the configuration asked for.')
    .option('--stage <name>', 'a deployment: its address from the stack, requests signed with your AWS credentials')
    .option('--region <name>', 'of the stage (AWS_REGION, or eu-central-1)')
    .option('--url <address>', 'the address of an API')
    .option('--token <token>', 'a bearer token, with --url')
    .option('--json', 'one JSON document on stdout, for programs; a failure is an exit code and lines on stderr')
    .addHelpText(
      'after',
      `
Without --stage and --url: the embedded stack of this checkout, which is started if need be.

Exit codes: 0 done, or nothing to do; 1 something failed, or \`drift\` found something; 2 \`plan\` or \`diff\` found changes;
64 wrong usage; 130 interrupted (for \`changes --follow\` and \`console\` Ctrl-C is the end: 0).

Example: npx vapi-sync plan fleet --stage dev`,
    );
  addDirectoryCommands(program);
  addAssistantCommands(program);
  addChangeCommands(program);
  addTemplateCommands(program);
  addRolloutCommands(program);
  addDriftCommand(program);
  addConsoleCommand(program);
  addVerifyCommand(program);
  addImportCommands(program);
  addRedriveCommand(program);
  program.hook('preAction', (_program, command) => assertNothingEmpty(command));
  for (const command of commandsOf(program)) command.exitOverride().showHelpAfterError('(--help shows how)');
  return program;
}

/**
 * Throws a `CliError` for an empty value: an unset variable of a script would select another place, or another
 * configuration.
 */
function assertNothingEmpty(command: Command): void {
  for (const [name, value] of Object.entries(command.optsWithGlobals<Record<string, unknown>>())) {
    if (![value].flat().includes('')) continue;
    const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw new CliError(`${option} is empty: give it a value, or leave it out.`, EXIT.usage);
  }
  const empty = command.registeredArguments[command.args.indexOf('')];
  if (empty) throw new CliError(`<${empty.name()}> is empty: give it a value.`, EXIT.usage);
}

/** A command, and all below it. */
export function commandsOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsOf)];
}

/** Runs a command line and sets the exit code of this process. Never throws: failures are a sentence on stderr. */
export async function main(args: readonly string[]): Promise<void> {
  process.stdout.on('error', noteLostOutput);
  try {
    await makeProgram().parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (!(error instanceof CommanderError))
      for (const line of sentencesOf(error)) process.stderr.write(`${plain(line)}\n`);
  }
}

/**
 * Whoever reads may stop reading (`| head`): what the command does goes on, and its exit code stays true. Output that
 * is lost otherwise, as on a full disk, is a failure.
 */
function noteLostOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`The output is not complete: ${message}\n`);
  process.stdout.removeAllListeners('error').on('error', () => {});
  process.once('exit', (exitCode) => {
    process.exitCode = exitCode || EXIT.failed;
  });
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) return error.exitCode;
  if (!(error instanceof CommanderError)) return EXIT.failed;
  return error.exitCode === 0 ? EXIT.done : EXIT.usage;
}

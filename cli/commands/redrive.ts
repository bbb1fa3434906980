import type { Command } from 'commander';
import { CliError, EXIT } from '../exit.ts';
import { Output } from '../output.ts';
import type { GlobalOptions } from '../run.ts';
import { openTarget } from '../target.ts';

interface Options extends GlobalOptions {
  all?: boolean;
  org?: string[];
}

/** The command that sends dead letters back to the queue. */
export function addRedriveCommand(program: Command): void {
  program
    .command('redrive')
    .description('Shows the tasks that failed five times, by organisation, and sends them back to the queue')
    .option('--all', 'send all of them')
    .option('--org <org...>', 'send those of these organisations')
    .addHelpText('after', '\nExample: npx vapi-sync redrive --stage prod --org globex')
    .action(async function redriveAll(this: Command) {
      const options = this.optsWithGlobals<Options>();
      if (options.url) throw new CliError('redrive works on the queue itself: use --stage.', EXIT.usage);
      // For a stage the name of the queue is enough; the queue of the embedded stack needs the stack.
      const isStage = options.stage !== undefined && options.stage !== 'local';
      const target = isStage ? undefined : await openTarget(options);
      try {
        await redrive(options, new Output(options));
        await target?.settle();
      } finally {
        target?.close();
      }
    });
}

async function redrive({ stage, region, all, org }: Options, out: Output): Promise<void> {
  const { openDeadLetters } = await import('../dead-letters.ts');
  const letters = await openDeadLetters({ stage, region });
  try {
    const found = await letters.read();
    const isChosen = (orgId: string | undefined) =>
      all === true || (orgId !== undefined && org?.includes(orgId) === true);
    const sent = found.filter(({ orgId }) => isChosen(orgId));
    for (const letter of sent) await letters.sendBack(letter);
    const shown = found.map(({ orgId, role, kind }) => ({ kind, orgId, role, sentBack: isChosen(orgId) }));
    out.json({ items: shown });
    if (shown.length === 0) out.line('There is no dead letter.');
    else {
      out.table(
        [
          { title: 'Organisation', of: ({ orgId }) => orgId ?? '(none)' },
          { title: 'Role', of: ({ role }) => role },
          { title: 'Task', of: ({ kind }) => kind },
          { title: 'Sent back', of: ({ sentBack }) => (sentBack ? 'yes' : '') },
        ],
        shown,
      );
    }
  } finally {
    await letters.close();
  }
}

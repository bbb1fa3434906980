import { once } from 'node:events';
import type { Command } from 'commander';
import { loadPage } from '../console/page.ts';
import { makeSecret, openConsole } from '../console/server.ts';
import { CliError, EXIT } from '../exit.ts';
import { action, type Call } from '../run.ts';

interface Options {
  port: string;
}

/** The command that serves a page for looking at the fleet and acting on it. */
export function addConsoleCommand(program: Command): void {
  program
    .command('console')
    .description('Serves a page on this machine that shows the fleet and acts on it; prints its address first')
    .option('--port <n>', 'to listen on; 0 takes a free one', '0')
    .addHelpText('after', '\nExample: npx vapi-sync console --stage dev')
    .action(action<Options>(serve));
}

/** Serves until Ctrl-C. */
async function serve({ access, name, options, out, work }: Call<Options>): Promise<number> {
  const port = portIn(options.port);
  const ended = Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));
  const opened = await openConsole({ page: await loadPage(), access, name, secret: makeSecret() }, port).catch(
    (error: unknown) => {
      if (!Error.isError(error) || !('code' in error) || error.code !== 'EADDRINUSE') throw error;
      throw new CliError(`The port ${port} is in use. Name another one with --port.`);
    },
  );
  out.jsonLine({ address: opened.address });
  out.line(opened.address);
  out.note(`Open this address in a browser: it shows ${name}. Ctrl-C ends it.`);
  await work();
  await ended;
  opened.close();
  return EXIT.done;
}

function portIn(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new CliError(`--port ${text} is no port.`, EXIT.usage);
}

import type { Command } from 'commander';
import { EXIT } from './exit.ts';
import { Output } from './output.ts';
import { openTarget, type Target, type TargetOptions } from './target.ts';

/** The options that every command takes. */
export interface GlobalOptions extends TargetOptions {
  json?: boolean;
}

/** What the action of a command gets. */
export interface Call<Options = object> extends Target {
  out: Output;
  options: Options & GlobalOptions;
}

/**
 * Makes the action of a command: opens the target, runs, lets the embedded stack finish its tasks, and sets the exit
 * code. The action gets its arguments first, in the order of the command.
 */
export function action<Options = object>(
  run: (call: Call<Options>, given: readonly string[]) => Promise<number | undefined>,
): (this: Command, ...given: unknown[]) => Promise<void> {
  return async function act(this: Command) {
    const options = this.optsWithGlobals<Options & GlobalOptions>();
    const target = await openTarget(options);
    try {
      process.exitCode = (await run({ ...target, out: new Output(options), options }, this.args)) ?? EXIT.done;
      await target.settle();
    } finally {
      target.close();
    }
  };
}

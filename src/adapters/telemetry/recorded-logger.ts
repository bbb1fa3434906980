import { Logger, type LogItem } from '@aws-lambda-powertools/logger';

/** A logger that keeps the lines that it writes, unchanged, so that whoever caused them can examine them. */
export class RecordedLogger extends Logger {
  readonly #lines: string[] = [];

  /** The lines so far, oldest first. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  protected override printLog(logLevel: number, log: LogItem): void {
    super.printLog(logLevel, log);
    this.#lines.push(JSON.stringify(log.getAttributes(), this.getJsonReplacer()));
  }
}

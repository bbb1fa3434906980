import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

/** A position in a bundle, as it ends a line of a stack: file, line, column. */
const POSITION = /\/[^\s():]+\.c?js:\d+:\d+/g;

const maps = new Map<string, SourceMap | undefined>();

/**
 * What was thrown, ready for the log: its stack shows the sources instead of the bundle, as with `node
 * --enable-source-maps`. That option reads the source map at every start, which takes some 40 ms; this reads it with
 * the first unexpected error.
 */
export function toLoggedError(thrown: unknown): Error {
  if (!Error.isError(thrown)) return new Error('something that is not an Error was thrown');
  if (thrown.stack) thrown.stack = withSourcePositions(thrown.stack);
  return thrown;
}

/** The stack with the positions in the sources, where a map lies beside the file. */
export function withSourcePositions(stack: string): string {
  return stack.replaceAll(POSITION, originOf);
}

function originOf(position: string): string {
  const [file = '', line, column] = position.split(':');
  const origin = mapOf(file)?.findOrigin(Number(line), Number(column));
  return origin && 'fileName' in origin ? `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}` : position;
}

/** The source map of a file. Without a readable one, the positions stay those of the bundle. */
function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(file));
  return maps.get(file);
}

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
  } catch {
    return undefined;
  }
}

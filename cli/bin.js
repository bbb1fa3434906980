#!/usr/bin/env node
// In a checkout the sources run as they are; the package has them compiled.
import { existsSync } from 'node:fs';

// Without it a failure would be a stack trace: the errors of the command are told apart by it.
if (typeof Error.isError !== 'function') {
  process.stderr.write(`vapi-sync needs Node 24 or later, and this is ${process.version}.\n`);
  process.exit(1);
}
const source = new URL('./main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : '../dist/cli/main.js');
await main(process.argv.slice(2));

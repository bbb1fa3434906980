#!/usr/bin/env node
// In a checkout the sources run as they are; the package has them compiled.
import { existsSync } from 'node:fs';
import module from 'node:module';
import { fileURLToPath } from 'node:url';

// Without it a failure would be a stack trace: the errors of the command are told apart by it.
if (typeof Error.isError !== 'function') {
  process.stderr.write(`vapi-sync needs Node 24 or later, and this is ${process.version}.\n`);
  process.exit(1);
}
const source = new URL('./main.ts', import.meta.url);
const isCheckout = existsSync(source);
// Loading the sources is most of what a short command takes; compiled once, it takes less than half.
if (isCheckout) module.enableCompileCache(fileURLToPath(new URL('../.local/compile-cache', import.meta.url)));
const { main } = await import(isCheckout ? source.href : '../dist/cli/main.js');
await main(process.argv.slice(2));

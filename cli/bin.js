#!/usr/bin/env node
// In a checkout the sources run as they are; the package has them compiled.
import { existsSync } from 'node:fs';

const source = new URL('./main.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : '../dist/cli/main.js');
await main(process.argv.slice(2));

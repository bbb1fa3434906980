/** Writes docs/cli.md from the commands' own help: `npm run generate:docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeProgram } from '../cli/main.ts';
import { cliDocument } from './cli-document.ts';

writeFileSync(join(import.meta.dirname, '../docs/cli.md'), cliDocument(makeProgram()));

/** Uses the stack of a directory: prints where it is, and lets it go when told anything. */
import { once } from 'node:events';
import { readDescription } from '../../local/stack/detached/description.ts';
import { useStack } from '../../local/stack/detached/use-stack.ts';

const [directory = ''] = process.argv.slice(2);
const { environment, release } = await useStack({ directory });
const { pid } = readDescription(directory) ?? {};
process.stdout.write(`${JSON.stringify({ pid, environment })}\n`);
await once(process.stdin, 'data');
release();
process.stdin.destroy();

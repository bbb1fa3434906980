/** Takes part in the stack of a directory: prints what it got, and closes when told anything. */
import { once } from 'node:events';
import { startStack } from '../../local/stack/stack.ts';

const [directory = '', kind] = process.argv.slice(2);
const say = (message: unknown) => process.stdout.write(`${JSON.stringify(message)}\n`);

const stack = await startStack({
  persistent: true,
  directory,
  isLongLived: kind === 'service',
  onWait: (waiting) => say({ waiting }),
});
say({ isOwner: stack.servers !== undefined, environment: stack.environment });
await once(process.stdin, 'data');
await stack.close();
process.stdin.destroy();

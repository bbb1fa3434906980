/**
 * Runs the command in its arguments and ends it as soon as standard input closes. Whoever starts this keeps the other
 * end of that pipe: it closes however they end, so a command that knows nothing of its parent never outlives it.
 */
import { spawn } from 'node:child_process';

const [command = '', ...args] = process.argv.slice(2);
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
process.stdin.on('end', () => child.kill('SIGKILL')).resume();
child.once('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
child.once('exit', (code) => process.exit(code ?? 1));

import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { bind } from '../../local/stack/http-server.ts';

/**
 * Puts a server further away: each answer arrives so many ms later. Returns the new base URL; lives as long as the
 * process.
 */
export async function startDistance(url: string, ms: number): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port: Number(port), host: hostname, noDelay: true });
    near.pipe(far);
    void passOn({ far, near, ms });
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  return `http://127.0.0.1:${await bind(server)}${pathname === '/' ? '' : pathname}`;
}

/** What comes together is late together: the pieces of an answer do not wait for each other. */
async function passOn({ far, near, ms }: { far: Socket; near: Socket; ms: number }): Promise<void> {
  for await (const piece of far) void sleep(ms).then(() => near.write(piece));
  await sleep(ms);
  near.end();
}

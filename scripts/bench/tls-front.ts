import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { bind } from '../../local/stack/http-server.ts';

/** A self-signed certificate for localhost, as files: its own authority is the certificate itself. */
export function makeCertificate(directory: string): { key: string; cert: string } {
  const files = { key: join(directory, 'key.pem'), cert: join(directory, 'cert.pem') };
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...made, ...subject, '-keyout', files.key, '-out', files.cert], {
    stdio: 'ignore',
  });
  return files;
}

/** Puts TLS in front of a server that speaks plain HTTP. Returns the new base URL; lives as long as the process. */
export async function startTlsFront(url: string, files: { key: string; cert: string }): Promise<string> {
  const { hostname, port, pathname } = new URL(url);
  // Without a delay: else small packets wait for 40 ms now and then, which no server on AWS lets them do.
  const options = { key: readFileSync(files.key), cert: readFileSync(files.cert), noDelay: true };
  const server = createServer(options, (secure) => {
    const plain = connect({ port: Number(port), host: hostname, noDelay: true });
    secure.pipe(plain).pipe(secure);
    secure.on('error', () => plain.destroy());
    plain.on('error', () => secure.destroy());
  });
  return `https://localhost:${await bind(server)}${pathname === '/' ? '' : pathname}`;
}

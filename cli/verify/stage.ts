import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { VerificationReport } from '../../src/domain/verification/report.ts';
import { readReport } from './url.ts';

const CHECKOUT = join(import.meta.dirname, '../..');

const answerSchema = z.object({ statusCode: z.number(), body: z.string() });

/**
 * Invokes the deployed `verify` function of a stage through Serverless, which signs with the developer's own AWS
 * credentials. Throws when there is no report in what it prints.
 */
export async function verifyStage({
  stage,
  region,
}: {
  stage: string;
  region: string | undefined;
}): Promise<VerificationReport> {
  const place = ['--stage', stage, ...(region ? ['--region', region] : [])];
  const { code, output } = await serverless(['invoke', '-f', 'verify', '-p', 'events/verify.json', ...place]);
  if (code !== 0) throw new Error(`\`sls invoke\` ended with ${code}:\n${output.trim()}`);
  return reportIn(output);
}

/** The report in what `sls invoke` prints: the function's answer as JSON, perhaps with notices around it. */
export function reportIn(output: string): VerificationReport {
  const answer = answerSchema.safeParse(JSON.parse(output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1)));
  if (!answer.success) throw new Error(`the function did not answer as expected: ${output.slice(0, 300)}`);
  return readReport(answer.data.body, 'The function');
}

function serverless(args: string[]): Promise<{ code: number; output: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number; output: string }>();
  const program = join(CHECKOUT, 'node_modules/serverless/bin/serverless.js');
  const child = spawn(process.execPath, [program, ...args], { cwd: CHECKOUT, stdio: ['ignore', 'pipe', 'pipe'] });
  const chunks = { out: '', error: '' };
  child.stdout.on('data', (chunk) => {
    chunks.out += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    chunks.error += String(chunk);
  });
  child.once('error', reject);
  child.once('close', (code) =>
    resolve({ code: code ?? 1, output: code === 0 ? chunks.out : chunks.out + chunks.error }),
  );
  return promise;
}

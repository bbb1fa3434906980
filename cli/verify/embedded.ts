import { fork } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { chosenVapi } from '../../local/stack/local-environment.ts';
import {
  type ScenarioResult,
  scenarioResultSchema,
  type VerificationReport,
  verificationReportSchema,
} from '../../src/domain/verification/report.ts';

const LOG = '.local/verify.log';

const messageSchema = z.object({
  result: z.optional(scenarioResultSchema),
  report: z.optional(verificationReportSchema),
});

/**
 * Verifies the sources of this checkout on a stack in memory that is gone afterwards; with `VAPI_BASE_URL` set, against
 * that Vapi. In a process of its own, whose log goes to `.local/verify.log`. Each result is told as soon as it is
 * there.
 */
export async function verifyEmbedded(onResult: (result: ScenarioResult) => void): Promise<VerificationReport> {
  const vapi = chosenVapi(process.env);
  if (vapi && !vapi.key) throw new Error('VAPI_BASE_URL is set and VAPI_PRIVATE_KEY is not: there is no key to use');
  mkdirSync('.local', { recursive: true });
  const log = openSync(LOG, 'w');
  try {
    return await play(log, onResult);
  } finally {
    closeSync(log);
  }
}

function play(log: number, onResult: (result: ScenarioResult) => void): Promise<VerificationReport> {
  const { promise, resolve, reject } = Promise.withResolvers<VerificationReport>();
  const program = join(import.meta.dirname, 'embedded-process.ts');
  const child = fork(program, { stdio: ['ignore', log, log, 'ipc'] });
  child.on('message', (message) => {
    const { result, report } = messageSchema.parse(message);
    if (result) onResult(result);
    if (report) resolve(report);
  });
  child.once('error', reject);
  child.once('exit', (code) => reject(new Error(`the run ended with ${code ?? 'a signal'}; ${LOG} says why`)));
  return promise;
}

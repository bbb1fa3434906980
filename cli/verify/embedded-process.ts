/**
 * The other half of `embedded.ts`: plays the suite in this process and sends each result, then the report, to the
 * parent.
 */
import { resolve } from 'node:path';
import { useStack } from '../../local/stack/detached/use-stack.ts';
import { chosenVapi, enterLocalAws, functionEnvironment } from '../../local/stack/local-environment.ts';
import { startStack } from '../../local/stack/stack.ts';
import type { VerificationReport } from '../../src/domain/verification/report.ts';

/** The time of the deployed function, in ms. */
const TIME_MS = 29_000;

const vapi = chosenVapi(process.env);
const stack = await start();
enterLocalAws(stack.environment);
Object.assign(process.env, functionEnvironment(stack.environment, vapi), {
  DEPLOYMENT_ID: 'vapi-sync-verify',
  POWERTOOLS_SERVICE_NAME: 'vapi-sync',
  POWERTOOLS_METRICS_DISABLED: 'true',
});
const report = await play();
await stack.close();
process.send?.({ report }, () => process.exit(0));

/**
 * In memory; at a real Vapi with a table that lasts, so that the next run knows what this one could not remove there.
 */
async function start() {
  if (!vapi) return await startStack();
  const directory = resolve('.local', `verify-at-${new URL(vapi.baseUrl).host.replace(':', '-')}`);
  const { environment, release } = await useStack({ directory, hasKeys: false });
  return { environment, close: async () => release() };
}

/** Loaded late: Powertools reads the environment when it is loaded. */
async function play(): Promise<VerificationReport> {
  const { makeApplication } = await import('../../src/application.ts');
  const { makeJournal } = await import('../../src/adapters/telemetry/journal.ts');
  const { verificationDependencies } = await import('../../src/handlers/verify.ts');
  const { verifyService } = await import('../../src/domain/verification/verify-service.ts');
  const app = makeApplication();
  const ends = Date.now() + TIME_MS;
  return await verifyService({
    ...verificationDependencies(app),
    operationId: `npm-run-verify-${process.pid}`,
    journal: makeJournal(app.telemetry),
    deadline: { remainingMs: () => Math.max(0, ends - Date.now()) },
    onResult: (result) => process.send?.({ result }),
  });
}

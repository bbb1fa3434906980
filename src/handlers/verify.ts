import { makeVerifyApplication, type VerifyApplication } from '../application.ts';
import { parseOrgId } from '../domain/configuration/assistant-key.ts';
import type { OrganisationReport } from '../domain/verification/organisation-report.ts';
import { withOwnKeySecrets } from '../domain/verification/own-key-secrets.ts';
import type { VerificationDependencies } from '../domain/verification/stage.ts';
import { verifyOrganisation } from '../domain/verification/verify-organisation.ts';
import { verifyService } from '../domain/verification/verify-service.ts';
import { makeServiceUnderTest } from './answers/service-in-process.ts';
import { type Answer, type Call, type HttpHandler, makeHttpHandler } from './http/handler.ts';
import { jsonResponse } from './http/response.ts';
import { entry } from './lambda/entry.ts';

/** What verification depends on: the service, and the same adapters to look past it. */
export function verificationDependencies(app: VerifyApplication): VerificationDependencies {
  const { credentials } = app.sync;
  const secrets = withOwnKeySecrets(credentials.secrets);
  // Only this suite knows the temporary organisations.
  const sync = { ...app.sync, credentials: { ...credentials, secrets }, knownOrganisationsOnly: false };
  return {
    sync,
    // No token is issued for a temporary organisation: the caller of the verification is authorised by IAM.
    service: makeServiceUnderTest({ ...app, sync, orgClaim: undefined }),
    runs: app.verificationRuns,
  };
}

/** Both routes answer 200 with the report, whatever it says. */
export function makeVerifyHandler(app: VerifyApplication): HttpHandler {
  const dependencies = verificationDependencies(app);
  return makeHttpHandler(app, {
    'POST /verify': { operation: 'verify', forOperators: true, answer: (call) => verifyAll(call, dependencies) },
    'POST /orgs/{orgId}/verify': { operation: 'verify-organisation', answer: verifyOne },
  });
}

async function verifyAll(
  { operationId, journal, deadline }: Call<VerifyApplication>,
  deps: VerificationDependencies,
): Promise<Answer> {
  const report = await verifyService({ ...deps, operationId, journal, deadline });
  return { response: jsonResponse(200, report), outcome: report.failed === 0 ? 'passed' : 'failed' };
}

async function verifyOne({ app, request, operationId, journal, deadline }: Call<VerifyApplication>): Promise<Answer> {
  const { sync } = app;
  const orgId = parseOrgId(request.path.orgId);
  const started = app.runtime.now();
  const assistants = await verifyOrganisation({ ...sync, orgId, operationId, journal, deadline });
  const healthy = assistants.every(({ status }) => status === 'PASS');
  const report: OrganisationReport = {
    orgId,
    operationId,
    durationMs: app.runtime.now() - started,
    healthy,
    assistants,
  };
  return { response: jsonResponse(200, report), outcome: healthy ? 'healthy' : 'unhealthy' };
}

export const handler = entry(makeVerifyApplication, makeVerifyHandler);

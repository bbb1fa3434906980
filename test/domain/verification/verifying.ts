import type { Application } from '../../../src/application.ts';
import type { ApiKey } from '../../../src/domain/account/api-key.ts';
import type { SecretStore } from '../../../src/domain/account/credentials.ts';
import type { VapiAccounts, VapiCollection } from '../../../src/domain/account/vapi-account.ts';
import type { ScenarioName, VerificationReport } from '../../../src/domain/verification/report.ts';
import type { ServiceAnswer, ServiceUnderTest } from '../../../src/domain/verification/service.ts';
import type { VerificationDependencies } from '../../../src/domain/verification/stage.ts';
import { SCENARIOS, verifyService } from '../../../src/domain/verification/verify-service.ts';
import { makeServiceUnderTest } from '../../../src/handlers/answers/service-in-process.ts';
import { verificationDependencies } from '../../../src/handlers/verify.ts';

/**
 * Runs the suite with two minutes, as the machine may be busy, or as told; only some of its scenarios if they are
 * named.
 */
export async function verify(
  deps: VerificationDependencies,
  {
    remainingMs = 120_000,
    only,
    passed = Date.now,
  }: { remainingMs?: number; only?: ScenarioName; passed?: () => number } = {},
): Promise<VerificationReport> {
  const ends = passed() + remainingMs;
  return await verifyService({
    ...deps,
    operationId: 'op-1',
    journal: { record: () => {} },
    deadline: { remainingMs: () => Math.max(0, ends - passed()) },
    ...(only ? { scenarios: SCENARIOS.filter(({ name }) => name === only) } : {}),
  });
}

/** What a scenario says that must have failed. */
export function failureOf({ results }: VerificationReport, name: ScenarioName): string {
  const result = results.find((candidate) => candidate.name === name);
  if (result?.status !== 'FAIL') throw new Error(`${name} did not fail: ${result?.message}`);
  return result.message;
}

/** The scenarios that failed, as `name: message`. */
export function failuresOf({ results }: VerificationReport): string[] {
  return results.filter(({ status }) => status === 'FAIL').map(({ name, message }) => `${name}: ${message}`);
}

/** The application with a part of what its use cases work with in another form. */
export function withSync(app: Application, change: Partial<Application['sync']>): Application {
  return { ...app, sync: { ...app.sync, ...change } };
}

/** The application with other secrets. */
export function withSecrets(app: Application, read: SecretStore['read']): Application {
  const { credentials } = app.sync;
  const { secrets: all } = credentials;
  const secrets = { read, forget: all.forget.bind(all), idOf: all.idOf.bind(all) };
  return withSync(app, { credentials: { ...credentials, secrets } });
}

/** The accounts of an application, some methods of whose assistants are replaced. */
export function withAssistants(
  { sync: { vapi } }: Application,
  change: (assistants: VapiCollection, apiKey: ApiKey) => Partial<VapiCollection>,
): VapiAccounts {
  return {
    open: (apiKey, deadline) => {
      const account = vapi.open(apiKey, deadline);
      const { assistants } = account;
      const methods: VapiCollection = {
        get: (id) => assistants.get(id),
        create: (payload) => assistants.create(payload),
        update: (id, patch) => assistants.update(id, patch),
        remove: (id) => assistants.remove(id),
        list: (query) => assistants.list(query),
      };
      return {
        keyFingerprint: account.keyFingerprint,
        assistants: { ...methods, ...change(assistants, apiKey) },
        tools: account.tools,
        phoneNumbers: account.phoneNumbers,
        traffic: account.traffic,
        named: (kind) => account.named(kind),
        whose: () => account.whose(),
      };
    },
  };
}

/** Verification that sees the world as it is, of a service that does not. */
export function ofService(app: Application, broken: Application): VerificationDependencies {
  const { service } = verificationDependencies(broken);
  return { ...verificationDependencies(app), service };
}

/** Verification of a service whose answers to PUT are changed on their way. */
export function ofAnswers(
  app: Application,
  change: (answer: ServiceAnswer) => ServiceAnswer,
): VerificationDependencies {
  const service = makeServiceUnderTest(app);
  const changed: ServiceUnderTest = { ...service, put: async (call, body) => change(await service.put(call, body)) };
  return { ...verificationDependencies(app), service: changed };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { Application } from '../../../src/application.ts';
import type { Resource } from '../../../src/domain/account/vapi-account.ts';
import { isJsonObject } from '../../../src/domain/json.ts';
import { mappingOf } from '../../../src/domain/mapping/organisation-view.ts';
import type { MappingStore } from '../../../src/domain/mapping/stores.ts';
import { Problem } from '../../../src/domain/problem.ts';
import { OWN_KEY_ORGANISATION } from '../../../src/domain/verification/run.ts';
import type { ServiceUnderTest } from '../../../src/domain/verification/service.ts';
import { verificationDependencies } from '../../../src/handlers/verify.ts';
import { ACME_KEY, PLATFORM_KEY, type TestService } from '../../support/service.ts';
import { useService } from '../../support/use-service.ts';
import { traces } from './traces.ts';
import {
  failureOf,
  failuresOf,
  ofAnswers,
  ofService,
  verify,
  withAssistants,
  withSecrets,
  withSync,
} from './verifying.ts';

const JENNY = 'azure/en-US-JennyNeural';

let service: TestService;
let app: Application;

useService((given) => {
  service = given.service;
});
beforeEach(() => {
  service.vapi.configure({ refusedVoices: [] });
  service.secrets.put(service.secretName(OWN_KEY_ORGANISATION), { apiKey: ACME_KEY });
  app = service.anotherEnvironment().app;
});
afterEach(async () => expect(await traces(service)).toEqual([]));

describe('voice normalisation fails', () => {
  it('on a Vapi that refuses Azure Jenny', async () => {
    service.vapi.configure({ refusedVoices: [JENNY] });
    const report = await verify(verificationDependencies(app));
    expect(failuresOf(report)).toEqual([expect.stringMatching(/^voice-normalisation: /)]);
    const message = failureOf(report, 'voice-normalisation');
    expect(message).toContain('PUT for "legacy-voice" was answered 422 VAPI_REJECTED');
    expect(message).toContain('en-US-JennyNeural is no longer available');
    expect(message).not.toContain('"supported-voice"');
  });

  it('on a Vapi that has another voice than it was given', async () => {
    const vapi = withAssistants(app, (assistants) => ({
      get: async (id) => {
        const found = await assistants.get(id);
        if (found.kind === 'missing') return found;
        const { resource } = found;
        const voice = { provider: 'vapi', voiceId: 'Elliot' };
        return { kind: 'found', resource: { ...resource, config: { ...resource.config, voice } } };
      },
    }));
    const report = await verify(verificationDependencies(withSync(app, { vapi })), { only: 'voice-normalisation' });
    expect(failureOf(report, 'voice-normalisation')).toContain(
      `Vapi has the voice vapi/Elliot for "legacy-voice" instead of ${JENNY}`,
    );
  });

  it('on a table that has another voice than was applied', async () => {
    const { specs } = app.sync;
    const changed = {
      save: specs.save.bind(specs),
      load: async () => ({ payload: { voice: { provider: 'playht', voiceId: 'jennifer' } }, tools: [] }),
      removeAll: specs.removeAll.bind(specs),
    };
    const report = await verify(verificationDependencies(withSync(app, { specs: changed })), {
      only: 'voice-normalisation',
    });
    expect(failureOf(report, 'voice-normalisation')).toContain(
      `The table has playht/jennifer for "legacy-voice" instead of ${JENNY}`,
    );
  });
});

describe('credential fallback fails', () => {
  const text = JSON.stringify({ apiKey: ACME_KEY });

  it('on a resolver that gives an organisation without a secret the key of another', async () => {
    const { secrets } = app.sync.credentials;
    const wrong = withSecrets(app, async (name) =>
      name.kind === 'org' && name.orgId.endsWith('no-own-key')
        ? { kind: 'found', text, cached: false }
        : await secrets.read(name),
    );
    const report = await verify(verificationDependencies(wrong), { only: 'credential-fallback' });
    expect(failureOf(report, 'credential-fallback')).toMatch(/Assistant \S+ is not in the platform's account at Vapi/);
  });

  it('on a resolver that passes an organisation’s own key over', async () => {
    const { secrets } = app.sync.credentials;
    const absent = withSecrets(app, async (name) =>
      name.kind === 'org' ? { kind: 'absent', cached: false } : await secrets.read(name),
    );
    const report = await verify(ofService(app, absent), { only: 'credential-fallback' });
    expect(failureOf(report, 'credential-fallback')).toMatch(/Assistant \S+ is not in the account of verify-own-key/);
  });

  it('on a key for the own-key case that opens the platform’s account: nothing could be told apart', async () => {
    service.secrets.put(service.secretName(OWN_KEY_ORGANISATION), { apiKey: PLATFORM_KEY });
    const report = await verify(verificationDependencies(app), { only: 'credential-fallback' });
    expect(failureOf(report, 'credential-fallback')).toContain("is in the platform's account, where it must not be");
  });

  it('on an answer that names another source than the key that was used', async () => {
    const report = await verify(
      ofAnswers(app, (answer) => ({ ...answer, body: { ...answer.body, credentials: { source: 'org-record' } } })),
      { only: 'credential-fallback' },
    );
    expect(failureOf(report, 'credential-fallback')).toContain(
      'org-record as the source of the key instead of platform',
    );
  });

  it('on a table that puts the assistant into another account', async () => {
    const mappings = changedOnFinalise(app, () => ({ vapiOrgId: 'another' }));
    const report = await verify(verificationDependencies(withSync(app, { mappings })), { only: 'credential-fallback' });
    expect(failureOf(report, 'credential-fallback')).toContain('into scope platform, account another, instead of');
  });
});

describe('idempotency fails', () => {
  it('on an upstream that creates twice', async () => {
    service.vapi.inject({ on: { method: 'POST', path: '/assistant' }, times: null, behaviour: { kind: 'twice' } });
    const report = await verify(verificationDependencies(app), { only: 'idempotency' });
    const message = failureOf(report, 'idempotency');
    expect(message).toContain('Vapi has 2 assistants of "twice" instead of 1');
    expect(message).toContain('Vapi has 2 assistants of "at-once" instead of 1');
  });

  it('on a Vapi whose list never shows what is new: a second assistant could not be seen', async () => {
    let slept = 0;
    // Whoever waits for another call lets it get on: else all time passes within a few of its steps.
    const sleep = async (ms: number) => {
      slept += ms;
      await delay(20);
    };
    const runtime = { sleep };
    service.vapi.configure({ listLagMs: 3_600_000 });
    const report = await verify(verificationDependencies(service.anotherEnvironment({ runtime }).app), {
      only: 'idempotency',
      passed: () => Date.now() + slept,
    });
    expect(failureOf(report, 'idempotency')).toMatch(/list does not show assistant \S+ of "twice"/);
    service.vapi.configure({ listLagMs: 0 });
  });

  it('not on a Vapi whose list is a second behind', async () => {
    service.vapi.configure({ listLagMs: 1_000 });
    const report = await verify(verificationDependencies(app), { only: 'idempotency' });
    service.vapi.configure({ listLagMs: 0 });
    expect(failuresOf(report)).toEqual([]);
  });

  it('on a table that forgets what was recorded', async () => {
    const { mappings } = app.sync;
    const forgetful: MappingStore = {
      read: (orgId) => mappings.read(orgId),
      write: async (write) => {
        const written = await mappings.write(write);
        if (write.transition !== 'finalise' || written.kind !== 'written') return written;
        await mappings.write({
          ...write,
          transition: 'claim',
          from: mappingOf(await mappings.read(write.key.orgId), write.key),
          change: { claim: write.from?.claim ?? null },
        });
        await mappings.write({
          ...write,
          transition: 'remove',
          from: mappingOf(await mappings.read(write.key.orgId), write.key),
        });
        return written;
      },
    };
    const report = await verify(verificationDependencies(withSync(app, { mappings: forgetful })), {
      only: 'idempotency',
    });
    expect(failureOf(report, 'idempotency')).toContain('The same PUT twice gave two assistants');
  });

  it('on a service that writes although nothing is to be changed', async () => {
    let puts = 0;
    const nextRevision = () => {
      puts += 1;
      return puts;
    };
    const report = await verify(
      ofAnswers(app, (answer) => ({ ...answer, body: { ...answer.body, revision: nextRevision() } })),
      { only: 'idempotency' },
    );
    expect(failureOf(report, 'idempotency')).toContain('The second of two equal PUTs wrote to the table');
  });
});

describe('404 recovery fails', () => {
  it('on a service that does not recover the 404', async () => {
    // It goes on believing in what it has once seen.
    const seen = new Map<string, Resource>();
    const vapi = withAssistants(app, (assistants) => ({
      create: async (payload) => {
        const created = await assistants.create(payload);
        if (created.kind === 'created') seen.set(created.resource.id, created.resource);
        return created;
      },
      get: async (id) => {
        const assistant = seen.get(id);
        if (!assistant) return await assistants.get(id);
        const found = await assistants.get(id);
        if (found.kind === 'found') seen.set(id, found.resource);
        return { kind: 'found', resource: found.kind === 'found' ? found.resource : assistant };
      },
      update: async (id) => {
        const assistant = seen.get(id);
        return assistant ? { kind: 'updated', resource: assistant } : { kind: 'missing' };
      },
    }));
    const report = await verify(ofService(app, withSync(app, { vapi })), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toMatch(
      /The 404 was not recovered: the PUT after the deletion was "\w+" with the deleted assistant \S+/,
    );
  });

  it('on a Vapi that answers for a deleted assistant with anything but a 404', async () => {
    const vapi = withAssistants(app, (assistants) => ({
      get: async (id) => {
        const found = await assistants.get(id);
        if (found.kind === 'found') return found;
        throw new Problem('VAPI_REJECTED', 'Vapi: assistant is archived');
      },
    }));
    const report = await verify(ofService(app, withSync(app, { vapi })), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toContain('was answered 422 VAPI_REJECTED: Vapi: assistant is archived');
  });

  it('on a Vapi that only says that it deleted', async () => {
    const deletes = new Set<string>();
    const vapi = withAssistants(app, (assistants) => ({
      // Only the second request for an assistant is obeyed: the one that cleans up.
      remove: async (id) => {
        if (deletes.has(id)) return await assistants.remove(id);
        deletes.add(id);
        return { kind: 'removed' };
      },
    }));
    const report = await verify(verificationDependencies(withSync(app, { vapi })), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toMatch(/Vapi still shows assistant \S+ after it was deleted there/);
  });

  it('on a service that makes the assistant again without its tools', async () => {
    const forgetful = withAssistants(app, (assistants) => ({
      create: async (payload) => {
        const { model } = payload;
        return await assistants.create({ ...payload, model: isJsonObject(model) ? { ...model, toolIds: [] } : {} });
      },
    }));
    const report = await verify(ofService(app, withSync(app, { vapi: forgetful })), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toMatch(
      /Assistant \S+ at Vapi lacks the tool \S+ after it was made again/,
    );
  });

  it('on a Vapi that takes no tools', async () => {
    const behaviour = { kind: 'error-before', status: 400, body: { message: 'tools are off today', statusCode: 400 } };
    service.vapi.inject({ on: { method: 'POST', path: '/tool' }, times: null, behaviour });
    const report = await verify(verificationDependencies(app), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toContain('Vapi refused a tool: Vapi: tools are off today');
  });

  it('on a queue that does not take the task that registers the tools', async () => {
    const tasks = { send: async () => Promise.reject(new Error('no queue')) };
    const report = await verify(verificationDependencies(withSync(app, { tasks })), { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toBe('The task that registers the tools was not put into the queue');
  });

  it('on a table that keeps the assistant that was deleted', async () => {
    const deps = verificationDependencies(app);
    const { mappings } = app.sync;
    const first = new Map<string, string>();
    const stale: MappingStore = {
      write: (write) => mappings.write(write),
      read: async (orgId) => {
        const view = await mappings.read(orgId);
        const rows = view.mappings.map((row) => ({ ...row, assistantId: first.get(orgId) ?? row.assistantId ?? '' }));
        return { ...view, mappings: rows };
      },
    };
    const put: ServiceUnderTest['put'] = async (call, body) => {
      const answer = await deps.service.put(call, body);
      const { orgId } = call.key;
      first.set(orgId, first.get(orgId) ?? String(answer.body.assistantId));
      return answer;
    };
    const broken = { ...deps, service: { ...deps.service, put }, sync: { ...deps.sync, mappings: stale } };
    const report = await verify(broken, { only: '404-recovery' });
    expect(failureOf(report, '404-recovery')).toMatch(/The table maps "deleted" to \S+ instead of \S+/);
  });
});

describe('logging and error handling fails', () => {
  it('on an error that leaks a key into the answer, and the report does not leak it once more', async () => {
    const leaking = ofAnswers(app, (answer) => ({ ...answer, body: { ...answer.body, detail: PLATFORM_KEY } }));
    const report = await verify(leaking, { only: 'logging-and-errors' });
    expect(failureOf(report, 'logging-and-errors')).toMatch(
      /A Vapi key stands in the answer of operation verify-\S+: rotate it/,
    );
    expect(JSON.stringify(report)).not.toContain(PLATFORM_KEY);
  });

  it.each<[string, (line: string) => string, string]>([
    [
      'a log that holds a key',
      (line) => line.replace('{', `{"key":"${PLATFORM_KEY}",`),
      'A Vapi key stands in the log',
    ],
    [
      'a log that holds a key in Base64',
      (line) => line.replace('{', `{"key":"${btoa(PLATFORM_KEY)}",`),
      'A Vapi key stands in the log',
    ],
    ['a log without operation id', (line) => line.replace('"operationId"', '"id"'), 'has no operation id'],
    [
      'a log with the operation id of another call',
      (line) => line.replace(/"operationId":"[^"]*"/, '"operationId":"other"'),
      'has the operation id other',
    ],
    [
      'a log without a step',
      (line) => line.replace('CLAIM_TAKEN', 'SOMETHING'),
      'lacks the step CLAIM_TAKEN after PLAN_MADE',
    ],
    ['a log that is not JSON', (line) => `INFO ${line}`, 'is not JSON'],
  ])('on %s', async (_what, change, wanted) => {
    const report = await verify(
      ofAnswers(app, (answer) => ({ ...answer, log: answer.log.map(change) })),
      { only: 'logging-and-errors' },
    );
    expect(failureOf(report, 'logging-and-errors')).toContain(wanted);
    expect(JSON.stringify(report)).not.toContain(PLATFORM_KEY);
  });

  it('on no log at all', async () => {
    const report = await verify(
      ofAnswers(app, (answer) => ({ ...answer, log: [] })),
      { only: 'logging-and-errors' },
    );
    expect(failureOf(report, 'logging-and-errors')).toContain('The log has no line of operation');
  });

  it('on a prompt in the log', async () => {
    const report = await verify(
      ofAnswers(app, (answer) => {
        const [runId = ''] = /(?<=verify-)[0-9a-f]+/.exec(answer.headers['x-operation-id'] ?? '') ?? [];
        const text = `Say that this is a verification (prompt ${runId}).`;
        return { ...answer, log: answer.log.map((line) => line.replace('{', `{"prompt":"${text}",`)) };
      }),
      { only: 'logging-and-errors' },
    );
    expect(failureOf(report, 'logging-and-errors')).toContain('A prompt stands in the log');
  });

  it.each<[string, object, string]>([
    ['does not name the field', { errors: [] }, 'The refusal of a bad maxDurationSeconds names no field'],
    ['has another code', { code: 'INTERNAL' }, 'instead of 400 VALIDATION_FAILED'],
    ['replaces the words of Vapi', { detail: 'Something went wrong' }, 'was passed on as "Something went wrong"'],
  ])('on a refusal that %s', async (_what, body, wanted) => {
    const report = await verify(
      ofAnswers(app, (answer) => ({ ...answer, body: { ...answer.body, ...body } })),
      { only: 'logging-and-errors' },
    );
    expect(failureOf(report, 'logging-and-errors')).toContain(wanted);
  });

  it('on a Vapi that takes anything: then nobody refuses what is wrong', async () => {
    const vapi = withAssistants(app, (assistants) => ({
      create: ({ firstMessageMode: _mode, ...payload }) => assistants.create(payload),
    }));
    const report = await verify(verificationDependencies(withSync(app, { vapi })), { only: 'logging-and-errors' });
    expect(failureOf(report, 'logging-and-errors')).toContain('A mode that Vapi does not have was answered 201');
  });

  it('on an answer without the operation id of its call', async () => {
    const report = await verify(
      ofAnswers(app, ({ headers: { 'x-operation-id': _id, ...headers }, ...answer }) => ({ ...answer, headers })),
      { only: 'logging-and-errors' },
    );
    expect(failureOf(report, 'logging-and-errors')).toContain('was answered with X-Operation-Id missing');
  });
});

/** A table that records something else than it is told. */
function changedOnFinalise(
  { sync: { mappings } }: Application,
  change: (write: Parameters<MappingStore['write']>[0]) => Parameters<MappingStore['write']>[0]['change'],
): MappingStore {
  return {
    read: (orgId) => mappings.read(orgId),
    write: (write) =>
      mappings.write(
        write.transition === 'finalise' ? { ...write, change: { ...write.change, ...change(write) } } : write,
      ),
  };
}

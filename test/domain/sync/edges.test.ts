import { resolveAccess } from '../../../src/domain/account/credentials.ts';
import { parseAssistantRequest } from '../../../src/domain/configuration/assistant-request.ts';
import { patchAssistant } from '../../../src/domain/configuration/patch.ts';
import { RULES } from '../../support/configurations.ts';
import { FakeSecretStore } from '../account/fake-secret-store.ts';
import { fieldsOf, problemOf } from '../thrown-problem.ts';

/** Cases at the edges of the rules that were wrong once. */
const MODEL = { provider: 'openai', model: 'gpt-4o' };
it('messages that are no list are not dropped by systemPrompt', () => {
  expect(
    fieldsOf(problemOf(() => parseAssistantRequest({ systemPrompt: 'x', model: { ...MODEL, messages: 'y' } }, RULES))),
  ).toEqual(['model.messages']);
});
it('details say what to do', () => {
  const p = problemOf(() => parseAssistantRequest({ maxDurationSeconds: 5, server: { timeoutSeconds: 500 } }, RULES));
  expect(p.errors.map((e) => e.detail)).not.toContain('Invalid input');
});
it('every wrong field is named', () => {
  expect(
    fieldsOf(problemOf(() => parseAssistantRequest({ name: 'x'.repeat(41), model: { provider: 'openai' } }, RULES))),
  ).toEqual(['name', 'model.model']);
});
it('nested null that was applied is not compared again', () => {
  const wanted = { model: { ...MODEL, temperature: null } };
  expect(
    patchAssistant({ wanted, live: { model: { ...MODEL, temperature: 0.7 } }, lastApplied: [], alreadyApplied: true })
      .changes,
  ).toEqual([]);
});
it('a live field that was only ever declared as null is not dropped when something else changes', () => {
  const { changes, body } = patchAssistant({
    wanted: { model: { a: 2 } },
    live: { model: { a: 1, t: 0.3 } },
    lastApplied: [{ model: { a: 1, t: null } }],
    alreadyApplied: false,
  });
  expect(changes).toHaveLength(1);
  expect(body).toEqual({ model: { a: 2, t: 0.3 } });
});
it('undeclared fields of list items are kept', () => {
  const { body } = patchAssistant({
    wanted: { model: { t: 1, tools: [{ type: 'endCall' }] } },
    live: { model: { t: 0, tools: [{ type: 'endCall', messages: ['bye'] }] } },
    lastApplied: [],
    alreadyApplied: false,
  });
  expect(body).toEqual({ model: { t: 1, tools: [{ type: 'endCall', messages: ['bye'] }] } });
});
it('top-level keys are unescaped', () => {
  expect(patchAssistant({ wanted: { 'a/b': 1 }, live: {}, lastApplied: [], alreadyApplied: false }).body).toEqual({
    'a/b': 1,
  });
});
it('blank assistant id', async () => {
  const secrets = new FakeSecretStore({
    'orgs/acme': { kind: 'found', text: '{"apiKey":"k-1","assistantId":"  "}', cached: false },
  });
  const a = await resolveAccess(
    { secrets, platformKey: undefined },
    { orgId: 'acme', record: async () => undefined, journal: { record: () => undefined } },
  );
  expect(a).not.toHaveProperty('namedAssistantId');
});

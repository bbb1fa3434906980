import { Problem } from '../../../src/domain/problem.ts';
import { parseTemplate } from '../../../src/domain/templates/parse-template.ts';

const assistant = { name: '${clinic}', model: { provider: 'openai', model: 'gpt-4o' } };

/** What is said of a field. */
function detailOf(body: object, field: string): string | undefined {
  try {
    parseTemplate(body, { voicePolicy: 'strict', inlineCredentials: false });
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.errors.find((one) => one.field === field)?.detail;
  }
}

it.each<[string, string, object]>([
  ['variables.clinic', 'must be an object: type, required, default', { variables: { clinic: 'string' }, assistant }],
  ['variables', 'must be an object', { variables: [], assistant }],
  ['roles', 'must be a list of roles', { roles: 'inbound', assistant }],
  [
    'assistant.model',
    'is missing; give one, as what a PUT of an assistant leaves out is cleared (?allowEmpty=true allows that)',
    { assistant: { name: 'x' } },
  ],
  // What every binding of it would be refused for.
  [
    'assistant.metadata.orgId',
    'reserved; choose another name',
    { assistant: { model: assistant.model, metadata: { orgId: 'globex', note: 'kept' } } },
  ],
])('of %s is said: %s', (field, detail, body) => {
  expect(detailOf(body, field)).toBe(detail);
});

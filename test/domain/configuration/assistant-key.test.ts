import fc from 'fast-check';
import { parseAssistantKey, parseOrgId } from '../../../src/domain/configuration/assistant-key.ts';
import { fieldsOf, problemOf } from '../thrown-problem.ts';

describe('an organisation id', () => {
  it.each(['a', 'A', '7', 'acme', 'Acme-Corp_1.eu', '0-', 'a'.repeat(64), 'a..b', 'constructor'])('%s', (orgId) => {
    expect(parseOrgId(orgId)).toBe(orgId);
  });

  it.each([
    { why: 'empty', orgId: '' },
    { why: 'one character too many', orgId: 'a'.repeat(65) },
    { why: 'a dot first', orgId: '.acme' },
    { why: 'a hyphen first', orgId: '-acme' },
    { why: 'an underscore first, as in __proto__', orgId: '__proto__' },
    { why: 'a slash would leave the organisation’s secrets', orgId: 'acme/../globex' },
    { why: 'a hash would leave the organisation’s rows', orgId: 'acme#x' },
    { why: 'a blank', orgId: 'ac me' },
    { why: 'a newline at the end, which $ of other languages lets pass', orgId: 'acme\n' },
    { why: 'an encoded slash', orgId: 'acme%2F' },
    { why: 'a letter beyond ASCII', orgId: 'acmé' },
    { why: 'absent', orgId: undefined },
    { why: 'null', orgId: null },
    { why: 'a number', orgId: 7 },
    { why: 'a list that prints as an id', orgId: ['acme'] },
  ])('is refused: $why', ({ orgId }) => {
    const problem = problemOf(() => parseOrgId(orgId));
    expect(problem.code).toBe('VALIDATION_FAILED');
    expect(fieldsOf(problem)).toEqual(['orgId']);
  });

  it('passes exactly when the published pattern matches', () => {
    const character = fc.constantFrom('a', 'Z', '0', '.', '_', '-', '/', '#', ' ', '\n', 'é');
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 70 }), (orgId) => {
        const matches = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(orgId);
        expect(matches ? parseOrgId(orgId) : fieldsOf(problemOf(() => parseOrgId(orgId)))[0]).toBe(
          matches ? orgId : 'orgId',
        );
      }),
    );
  });
});

describe('an assistant key', () => {
  it.each(['inbound', 'outbound'])('has the role %s', (role) => {
    expect(parseAssistantKey('acme', role)).toEqual({ orgId: 'acme', role });
  });

  it.each(['Inbound', 'in', '', ' inbound', 'both', undefined, null, 0, ['inbound'], 'toString'])(
    'is refused with the role %j: there are two',
    (role) => {
      const problem = problemOf(() => parseAssistantKey('acme', role));
      expect(fieldsOf(problem)).toEqual(['role']);
      expect(problem.message).toContain('inbound, outbound');
    },
  );

  it('names both parts when both are wrong', () => {
    expect(fieldsOf(problemOf(() => parseAssistantKey('', 'x')))).toEqual(['orgId', 'role']);
  });

  it('names the id alone when only it is wrong', () => {
    expect(fieldsOf(problemOf(() => parseAssistantKey('a b', 'inbound')))).toEqual(['orgId']);
  });
});

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import { PARAMETERS, parameterErrors, stageFileErrors } from '../../local/serverless/parameters.ts';
import { CHECKOUT } from '../support/checkout.ts';

it.each([
  ['dev', {}, []],
  ['pull-request-1234', { driftMode: 'heal', apiRate: 50, deletionProtection: true, alarmEmail: '' }, ['driftMode']],
])('%s with %j is deployed', (stage, chosen, named) => {
  expect(parameterErrors(stage, chosen, named)).toEqual([]);
});

it.each([
  ['a mode that there is not', { driftMode: 'foo' }, [], 'driftMode: use one of: off, report, heal'],
  ['a policy that there is not', { voicePolicy: 'lax' }, [], 'voicePolicy: use one of: strict, keep-active-vapi'],
  ['a number that is none', { driftPageSize: '' }, [], 'driftPageSize: use a number from 1 to 1000'],
  ['a schedule that is none', { driftSchedule: 'hourly' }, [], 'driftSchedule: use rate(…) or cron(…)'],
  ['tokens of nobody', { auth: 'jwt', jwtIssuer: '', jwtAudience: 'x' }, [], 'jwtIssuer: auth jwt needs it'],
  [
    'scopes that are not named',
    { auth: 'jwt-scopes', jwtIssuer: 'https://login', jwtAudience: 'x', jwtReadScope: 'read' },
    [],
    'jwtWriteScope: auth jwt-scopes needs it',
  ],
  ['a misspelt name', {}, ['typo'], 'typo: unknown parameter'],
])('%s is refused before anything is packaged, and the allowed values are named', (_what, chosen, named, text) => {
  expect(parameterErrors('dev', chosen, named).join()).toContain(text);
});

it.each([
  ['a misspelt name', 'permissionBoundary: x\n', 'dev.yml: permissionBoundary: unknown parameter; there are auth,'],
  ['a line without a colon', 'permissionsBoundary x\n', 'dev.yml: must hold one "name: value" a line'],
  ['a list', '- driftMode: heal\n', 'dev.yml: must hold one "name: value" a line'],
])('%s in the file of a stage is refused before anything is packaged', (_what, text, error) => {
  expect(stageFileErrors('dev.yml', parse(text)).join()).toContain(error);
});

it.each([[''], ['# nothing yet\n'], ['driftMode: heal\napiRate: 20\n']])('the file of a stage may hold %j', (text) => {
  expect(stageFileErrors('dev.yml', parse(text))).toEqual([]);
});

it.each([['a'.repeat(41)], ['1st'], ['with_underscore'], ['']])('a stage cannot be called %j', (stage) => {
  expect(parameterErrors(stage, {}, [])).toHaveLength(1);
});

it('every parameter of serverless.yml has its values, and every value its parameter', () => {
  const definition = z
    .object({ params: z.object({ default: z.record(z.string(), z.unknown()) }) })
    .parse(parse(readFileSync(`${CHECKOUT}/serverless.yml`, 'utf8'), { logLevel: 'error' }));
  expect(Object.keys(definition.params.default).toSorted()).toEqual(Object.keys(PARAMETERS).toSorted());
});

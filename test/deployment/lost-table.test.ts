import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../support/checkout.ts';
import { compile, type Template } from './template.ts';

let template: Template;
beforeAll(async () => {
  template = await compile('--stage dev');
}, 240_000);

const runbook = readFileSync(join(CHECKOUT, 'docs/runbook.md'), 'utf8');

/** The options of a command of the runbook, by name; several values stand beside each other. */
function optionsOf(command: string): Record<string, string> {
  const line =
    runbook
      .replaceAll(/\\\n\s+/g, '')
      .split('\n')
      .find((text) => text.startsWith(command)) ?? '';
  const options = line.slice(command.length).split(' --').slice(1);
  return Object.fromEntries(
    options.map((option) => {
      const [name = '', ...values] = option.split(' ');
      return [name, values.join(' ').replaceAll("'", '').trim()];
    }),
  );
}

/** `A=x,B=y` as the AWS CLI reads it. */
const shorthand = (text: string) => Object.fromEntries(text.split(',').map((part) => part.split('=')));
const list = (text = '') => text.split(' ').map(shorthand);

it('the table that the runbook makes by hand is the one of the template', () => {
  const { Properties } = template.Resources.Table ?? {};
  const made = optionsOf('aws dynamodb create-table');
  expect(list(made['attribute-definitions'])).toEqual(Properties?.AttributeDefinitions);
  expect(list(made['key-schema'])).toEqual(Properties?.KeySchema);
  expect(made['billing-mode']).toBe(Properties?.BillingMode);
  expect(shorthand(made['sse-specification'] ?? '')).toEqual({ Enabled: 'true' });
  expect(JSON.parse(made['global-secondary-indexes'] ?? '')).toEqual(Properties?.GlobalSecondaryIndexes);
});

it('and gets all that the template gives it besides', () => {
  const { Properties } = template.Resources.Table ?? {};
  const backups = optionsOf('aws dynamodb update-continuous-backups')['point-in-time-recovery-specification'] ?? '';
  expect(shorthand(backups)).toEqual({ PointInTimeRecoveryEnabled: 'true' });
  expect(Properties).toMatchObject({ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } });
  const expiry = optionsOf('aws dynamodb update-time-to-live')['time-to-live-specification'] ?? '';
  expect(shorthand(expiry)).toEqual({ Enabled: 'true', AttributeName: 'expiresAt' });
  expect(Properties).toMatchObject({ TimeToLiveSpecification: { Enabled: true, AttributeName: 'expiresAt' } });
  expect(runbook).toContain('--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES\n');
  expect(Properties).toMatchObject({ StreamSpecification: { StreamViewType: 'NEW_AND_OLD_IMAGES' } });
});

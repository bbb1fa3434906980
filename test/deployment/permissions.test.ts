import { configuration, withPrompt } from '../support/configurations.ts';
import { ACME_KEY, startService, type TestService } from '../support/service.ts';
import { indexOf, partitionKeyOf } from '../support/table-keys.ts';
import { compile, functionsOf, type Statement, type Template, textOf } from './template.ts';

let template: Template;
let service: TestService;
beforeAll(async () => {
  [template, service] = await Promise.all([compile('--stage local'), startService()]);
}, 60_000);
afterAll(() => service.stop());

/** All that each function does: every kind of operation must be among it, as what is not is not allowed either. */
const SCENARIOS: Readonly<Record<string, () => Promise<unknown>>> = {
  sync: async () => {
    service.secrets.put(service.secretName('own'), { apiKey: ACME_KEY });
    await service.put('own', 'inbound', configuration());
    await Promise.all(Array.from({ length: 5 }, () => service.put('shared', 'outbound', configuration())));
    await service.put('shared', 'outbound', withPrompt('other'), { query: { dryRun: 'true' } });
    await service.put('shared', 'outbound', withPrompt('other'));
    await service.remove('shared', 'outbound');
  },
  status: async () => {
    await service.get('own');
    await service.get('own', 'inbound');
  },
};

interface Use {
  action: string;
  resource: string;
  leadingKey?: string;
}

async function usesOf(scenario: () => Promise<unknown>): Promise<Use[]> {
  service.clearCounts();
  await scenario();
  const onTable = service.tableRequests.map((request) => ({
    action: `dynamodb:${request.operation}`,
    resource: indexOf(request) ? `<Table.Arn>/index/${indexOf(request)}` : '<Table.Arn>',
    leadingKey: partitionKeyOf(request),
  }));
  // As AWS does: the name of a secret that exists ends in six random characters, and others have nothing but their name.
  const onSecrets = service.secrets.requests.map(({ operation, secret }) => ({
    action: `secretsmanager:${operation}`,
    resource: `secret:${secret}${service.secrets.names().includes(secret) ? '-a1B2c3' : ''}`,
  }));
  return [...onTable, ...onSecrets];
}

function allows({ Action, Resource, Condition }: Statement, { action, resource, leadingKey }: Use): boolean {
  const keys = Condition?.['ForAllValues:StringLike']?.['dynamodb:LeadingKeys'];
  return (
    Action.includes(action) &&
    Resource.some((pattern) => isLike(resource, textOf(pattern).replace(/^arn:.*?:secret:/, 'secret:'))) &&
    (leadingKey === undefined || (Array.isArray(keys) && keys.some((pattern) => isLike(leadingKey, String(pattern)))))
  );
}

/** IAM's wildcards. */
function isLike(value: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`).test(value);
}

it('every function has its scenario here', () => {
  expect(
    functionsOf(template)
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(Object.keys(SCENARIOS).toSorted());
});

it.each(Object.entries(SCENARIOS))('%s may do all that it does, and nothing else', async (name, scenario) => {
  const statements = functionsOf(template).find((found) => found.name === name)?.statements ?? [];
  const uses = await usesOf(scenario);
  const denied = uses.filter((use) => !statements.some((statement) => allows(statement, use)));
  expect(denied).toEqual([]);
  const data = statements.filter(({ Action }) => Action.some((action) => /^(dynamodb|secretsmanager):/.test(action)));
  const allowed = new Set(data.flatMap(({ Action }) => Action));
  expect([...allowed].toSorted()).toEqual([...new Set(uses.map(({ action }) => action))].toSorted());
});

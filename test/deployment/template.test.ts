import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { z } from 'zod';
import { STREAMED } from '../../local/events/stream.ts';
import { CHECKOUT } from '../support/checkout.ts';
import { compile, functionsOf, resourcesOf, statementsOf, type Template, textOf } from './template.ts';

const JWT = '--param auth=jwt --param jwtIssuer=https://issuer.example --param jwtAudience=vapi-sync';
let templates: Record<'dev' | 'prod' | 'tokens', Template>;
beforeAll(async () => {
  // The first one alone: Serverless makes its validator then, which the others find.
  const dev = await compile('--stage dev');
  const [prod, tokens] = await Promise.all([compile('--stage prod'), compile(`--stage dev ${JWT}`)]);
  templates = { dev, prod, tokens };
}, 240_000);

/** Wildcards that there is no way around, by the resource as it stands in a policy. */
const ALLOWED_WILDCARDS: Readonly<Record<string, string>> = {
  '*': 'xray:PutTraceSegments and xray:PutTelemetryRecords know no resources',
  'secret:vapi-sync/dev/platform-??????': 'Secrets Manager adds six random characters to the name of a secret',
  'secret:vapi-sync/dev/orgs/*': 'organisations come and go without a deployment',
};

describe('a policy', () => {
  it('allows named actions only', () => {
    const actions = functionsOf(templates.dev).flatMap(({ statements }) => statements.flatMap(({ Action }) => Action));
    expect(actions.length).toBeGreaterThan(5);
    expect(actions.filter((action) => action.includes('*') || !/^[a-z0-9-]+:[A-Z]\w+$/.test(action))).toEqual([]);
  });

  it('names its resources, but for what AWS demands', () => {
    const found = functionsOf(templates.dev).flatMap(({ statements }) =>
      statements.flatMap(({ Resource }) =>
        Resource.map((resource) => textOf(resource).replace(/^arn:.*?:secret:/, 'secret:')),
      ),
    );
    const wildcards = new Set(found.filter((resource) => /[*?]/.test(resource)));
    expect([...wildcards].toSorted()).toEqual(Object.keys(ALLOWED_WILDCARDS).toSorted());
  });

  it('allows X-Ray alone on every resource', () => {
    for (const { statements } of functionsOf(templates.dev)) {
      const everywhere = statements.filter(({ Resource }) => Resource.map(textOf).includes('*'));
      expect(everywhere.flatMap(({ Action }) => Action)).toEqual(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']);
    }
  });

  it('reaches rows by their partition key only: each statement on the table says which', () => {
    for (const { statements } of functionsOf(templates.dev)) {
      const onTable = statements.filter(
        ({ Action, Resource }) =>
          Action.some((action) => action.startsWith('dynamodb:')) &&
          !Resource.map(textOf).includes('<Table.StreamArn>'),
      );
      for (const { Condition } of onTable) {
        expect(Condition).toEqual({ 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': expect.any(Array) } });
        expect(JSON.stringify(Condition)).not.toContain('"*"');
      }
    }
  });
});

describe('a function', () => {
  it('has a role of its own that only Lambda can take', () => {
    const roles = functionsOf(templates.dev).map(({ roleName }) => roleName);
    expect(new Set(roles).size).toBe(roles.length);
    expect(
      resourcesOf(templates.dev, 'AWS::IAM::Role')
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(roles.toSorted());
    for (const name of roles) {
      expect(templates.dev.Resources[name]?.Properties.AssumeRolePolicyDocument).toMatchObject({
        Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      });
    }
  });

  it('writes to its own log group, which forgets', () => {
    for (const { name, roleName } of functionsOf(templates.dev)) {
      const group = `${name.charAt(0).toUpperCase()}${name.slice(1)}LogGroup`;
      const logs = statementsOf(templates.dev, roleName).filter(({ Action }) => Action.includes('logs:PutLogEvents'));
      expect(logs.flatMap(({ Resource }) => Resource.map(textOf))).toEqual([`<${group}.Arn>`]);
    }
    for (const [, { Properties }] of resourcesOf(templates.dev, 'AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays).toBe(30);
    }
  });

  it('runs on what it is tested on, and is traced', () => {
    for (const { properties } of functionsOf(templates.dev)) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
      });
    }
  });

  it('that answers requests has answered before API Gateway gives up', () => {
    const [integration] = resourcesOf(templates.dev, 'AWS::ApiGatewayV2::Integration');
    expect(integration?.[1].Properties.TimeoutInMillis).toBe(30_000);
    const answering = new Set(
      resourcesOf(templates.dev, 'AWS::ApiGatewayV2::Integration').map(([, { Properties }]) =>
        textOf(Properties.IntegrationUri),
      ),
    );
    const slow = resourcesOf(templates.dev, 'AWS::Lambda::Function').filter(
      ([name, { Properties }]) => answering.has(`<${name}.Arn>`) && Number(Properties.Timeout) > 29,
    );
    expect(answering.size).toBeGreaterThanOrEqual(2);
    expect(slow).toEqual([]);
  });

  it('that works off a queue does so politely: bounded, message by message, never a batch twice at a time', () => {
    const sources = resourcesOf(templates.dev, 'AWS::Lambda::EventSourceMapping').filter(
      ([, { Properties }]) => textOf(Properties.EventSourceArn) === '<TaskQueue.Arn>',
    );
    expect(sources).toHaveLength(1);
    for (const [, { Properties }] of sources) {
      const timeout = timeoutOf(templates.dev, Properties.FunctionName);
      expect(Properties).toMatchObject({
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: expect.any(Number) },
      });
      expect(templates.dev.Resources.TaskQueue?.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout);
    }
  });
});

it('the stream is read from its beginning; what cannot be told is told again, and lies in the dead letters in the end', () => {
  const [source, ...others] = resourcesOf(templates.dev, 'AWS::Lambda::EventSourceMapping').filter(
    ([, { Properties }]) => textOf(Properties.EventSourceArn) === '<Table.StreamArn>',
  );
  expect(others).toEqual([]);
  expect(source?.[1].Properties).toMatchObject({
    StartingPosition: 'TRIM_HORIZON',
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['AnnounceDeadLetterQueue', 'Arn'] } } },
  });
  expect(source?.[1].Properties).not.toHaveProperty('MaximumRetryAttempts');
  // Lambda tells of what it discards itself, and not of what the stream forgets, which is after a day.
  const { MaximumRecordAgeInSeconds: age } = z
    .object({ MaximumRecordAgeInSeconds: z.number() })
    .parse(source?.[1].Properties);
  expect(age).toBeGreaterThanOrEqual(12 * 3600);
  expect(age).toBeLessThanOrEqual(24 * 3600 - 600);
  const { Filters } = z
    .object({ Filters: z.array(z.object({ Pattern: z.string() })) })
    .parse(source?.[1].Properties.FilterCriteria);
  expect(Filters.map(({ Pattern }) => beginsIn(JSON.parse(Pattern)))).toEqual(STREAMED);
  expect(templates.dev.Resources.Table?.Properties.StreamSpecification).toEqual({
    StreamViewType: 'NEW_AND_OLD_IMAGES',
  });
});

/** How the keys begin that a filter lets pass. */
function beginsIn(pattern: unknown) {
  const begins = z.object({ S: z.tuple([z.union([z.string(), z.object({ prefix: z.string() })])]) });
  const { dynamodb } = z.object({ dynamodb: z.object({ Keys: z.object({ pk: begins, sk: begins }) }) }).parse(pattern);
  const textIn = ({ S: [value] }: z.output<typeof begins>) => (typeof value === 'string' ? value : value.prefix);
  return { pk: textIn(dynamodb.Keys.pk), sk: textIn(dynamodb.Keys.sk) };
}

function timeoutOf({ Resources }: Template, reference: unknown): number {
  const [name] = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).parse(reference)['Fn::GetAtt'];
  return z.number().parse(Resources[name]?.Properties.Timeout);
}

describe('a route', () => {
  const routes = (template: Template) =>
    resourcesOf(template, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => ({
      key: String(Properties.RouteKey),
      type: Properties.AuthorizationType,
      authorizer: Properties.AuthorizerId,
    }));

  it('needs an IAM signature', () => {
    expect(routes(templates.dev).length).toBeGreaterThanOrEqual(4);
    for (const { type } of routes(templates.dev)) expect(type).toBe('AWS_IAM');
    expect(resourcesOf(templates.dev, 'AWS::ApiGatewayV2::Authorizer')).toEqual([]);
  });

  it('of an organisation needs a token where tokens are chosen, and one of operators a signature still', () => {
    for (const { key, type, authorizer } of routes(templates.tokens)) {
      const wanted = key.includes('/orgs/{orgId}/')
        ? ['JWT', { Ref: 'HttpApiAuthorizerOrganisation' }]
        : ['AWS_IAM', undefined];
      expect([key, type, authorizer]).toEqual([key, ...wanted]);
    }
    expect(templates.tokens.Resources.HttpApiAuthorizerOrganisation?.Properties).toMatchObject({
      IdentitySource: ['$request.header.Authorization'],
      JwtConfiguration: { Issuer: 'https://issuer.example', Audience: ['vapi-sync'] },
    });
  });

  it('that takes tokens is served by a function that checks whose they are', () => {
    const claims = (template: Template) =>
      functionsOf(template).map(
        ({ properties }) =>
          z.object({ Variables: z.record(z.string(), z.unknown()) }).parse(properties.Environment).Variables
            .JWT_ORG_CLAIM,
      );
    expect(new Set(claims(templates.tokens))).toEqual(new Set(['org_id']));
    expect(new Set(claims(templates.dev))).toEqual(new Set(['']));
  });

  it('is throttled, so that a caller gone wild costs no more than that', () => {
    expect(templates.dev.Resources.HttpApiStage?.Properties.DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: 50,
      ThrottlingBurstLimit: 100,
    });
  });
});

it('tokens without an issuer are no deployment at all', async () => {
  await expect(compile('--stage dev --param auth=jwt')).rejects.toThrow('needs.jwtIssuer');
}, 240_000);

it('with scopes, a token that may look at something may not change it', async () => {
  const scopes = '--param jwtReadScope=assistants:read --param jwtWriteScope=assistants:write';
  const scoped = await compile(`--stage dev ${JWT.replace('auth=jwt', 'auth=jwt-scopes')} ${scopes}`);
  const tokens = resourcesOf(scoped, 'AWS::ApiGatewayV2::Route').filter(
    ([, { Properties }]) => Properties.AuthorizationType === 'JWT',
  );
  expect(tokens.length).toBeGreaterThan(5);
  for (const [, { Properties }] of tokens) {
    const looks = /^GET |verify$/.test(String(Properties.RouteKey));
    expect(Properties.AuthorizationScopes).toEqual([looks ? 'assistants:read' : 'assistants:write']);
  }
}, 240_000);

describe('in an account that limits what roles may do', () => {
  it('every role has the boundary, which allows all that the functions do', async () => {
    const bound = await compile('--stage dev --param permissionsBoundary=vapi-sync-functions');
    const roles = resourcesOf(bound, 'AWS::IAM::Role');
    for (const [, { Properties }] of roles) {
      expect(Properties.PermissionsBoundary).toEqual({
        'Fn::If': [
          'HasPermissionsBoundary',
          { 'Fn::Sub': expect.stringMatching(/:policy\/vapi-sync-functions$/) },
          { Ref: 'AWS::NoValue' },
        ],
      });
    }
    const text = readFileSync(join(CHECKOUT, 'docs/functions-boundary.json'), 'utf8');
    const policy = z.object({ Statement: z.array(z.object({ Action: z.array(z.string()) })) }).parse(JSON.parse(text));
    const allowed = new Set(policy.Statement.flatMap(({ Action }) => Action));
    const used = roles.flatMap(([name]) => statementsOf(bound, name).flatMap(({ Action }) => Action));
    expect(new Set(used)).toEqual(allowed);
  }, 240_000);
});

describe('what is stored', () => {
  it('is encrypted and can be brought back; in production it cannot be deleted by accident either', () => {
    const table = (template: Template) => template.Resources.Table;
    for (const template of [templates.dev, templates.prod]) {
      expect(table(template)).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' });
      expect(table(template)?.Properties).toMatchObject({
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    }
    expect(table(templates.dev)?.Properties.DeletionProtectionEnabled).toBe(false);
    expect(table(templates.prod)?.Properties.DeletionProtectionEnabled).toBe(true);
  });

  it('in queues is encrypted, and what fails five times is kept for a fortnight', () => {
    for (const [, { Properties }] of resourcesOf(templates.dev, 'AWS::SQS::Queue')) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
    }
    expect(templates.dev.Resources.TaskQueue?.Properties.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['TaskDeadLetterQueue', 'Arn'] },
      maxReceiveCount: 5,
    });
    expect(templates.dev.Resources.TaskDeadLetterQueue?.Properties.MessageRetentionPeriod).toBe(14 * 86_400);
  });

  it('of the code is not public', () => {
    expect(templates.dev.Resources.ServerlessDeploymentBucket?.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });
});

describe('the worker', () => {
  it('sends messages to its own queue for as long as a drift run takes, and Lambda does not end that chain', () => {
    expect(templates.dev.Resources.WorkerLambdaFunction?.Properties.RecursiveLoop).toBe('Allow');
  });
});

it('a scheduled check that fails is kept in the dead letters', () => {
  expect(templates.dev.Resources.DriftInvocations?.Properties).toMatchObject({
    FunctionName: { Ref: 'DriftLambdaFunction' },
    DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': ['TaskDeadLetterQueue', 'Arn'] } } },
  });
});

it('the key of the platform goes to the functions that speak to Vapi, and the drift settings to those that check', () => {
  const variables = new Map(
    functionsOf(templates.dev).map(({ name, properties }) => [name, JSON.stringify(properties.Environment)]),
  );
  const having = (text: string) =>
    [...variables].flatMap(([name, all]) => (all.includes(text) ? [name] : [])).toSorted();
  expect(having('VAPI_PRIVATE_KEY')).toEqual(['rollouts', 'sync', 'verify', 'worker']);
  expect(having('DRIFT_PAGE_SIZE')).toEqual(['worker']);
  expect(having('DRIFT_MODE')).toEqual(['drift', 'worker']);
});

/**
 * Serverless's own DependsOn beside a Ref, which does no harm; conditions of parameters that it has filled in already.
 */
const LINT = ['--ignore-checks', 'W3005', '--ignore-checks', 'W8003', '--'];
// Looked for, not tried: to say its version takes it two seconds.
const hasLinter = (process.env.PATH ?? '').split(delimiter).some((path) => existsSync(join(path, 'cfn-lint')));

it(hasLinter ? 'cfn-lint has no complaint' : 'cfn-lint is not installed: its check is left out', () => {
  if (!hasLinter) return;
  const files = Object.values(templates).map(({ file }) => file);
  expect(execFileSync('cfn-lint', [...LINT, ...files], { encoding: 'utf8' })).toBe('');
}, 240_000);

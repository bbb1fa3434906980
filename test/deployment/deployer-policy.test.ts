import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { compile, type Template } from './template.ts';

const { Statement } = z
  .object({
    Statement: z.array(
      z.object({
        Action: z.union([z.string(), z.array(z.string())]).transform((action) => [action].flat()),
        Resource: z.union([z.string(), z.array(z.string())]).transform((resource) => [resource].flat()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/deployer-policy.json'), 'utf8')));
const allowed = new Set(Statement.flatMap(({ Action }) => Action));

/** What CloudFormation has to be allowed to make, and to take away again, a resource of each type. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': [
    's3:CreateBucket',
    's3:PutEncryptionConfiguration',
    's3:PutBucketPublicAccessBlock',
    's3:DeleteBucket',
  ],
  'AWS::S3::BucketPolicy': ['s3:PutBucketPolicy', 's3:DeleteBucketPolicy'],
  'AWS::Logs::LogGroup': ['logs:CreateLogGroup', 'logs:PutRetentionPolicy', 'logs:DeleteLogGroup'],
  'AWS::Lambda::Function': [
    'lambda:CreateFunction',
    'lambda:UpdateFunctionCode',
    'lambda:DeleteFunction',
    'lambda:PutFunctionRecursionConfig',
    'lambda:GetFunctionRecursionConfig',
    'iam:PassRole',
  ],
  'AWS::Lambda::Permission': ['lambda:AddPermission', 'lambda:RemovePermission'],
  'AWS::Lambda::EventSourceMapping': ['lambda:CreateEventSourceMapping', 'lambda:DeleteEventSourceMapping'],
  'AWS::IAM::Role': ['iam:CreateRole', 'iam:PutRolePolicy', 'iam:DeleteRolePolicy', 'iam:DeleteRole'],
  'AWS::ApiGatewayV2::Api': ['apigateway:POST', 'apigateway:DELETE', 'iam:CreateServiceLinkedRole'],
  'AWS::ApiGatewayV2::Stage': ['apigateway:POST', 'logs:CreateLogDelivery', 'logs:PutResourcePolicy'],
  'AWS::ApiGatewayV2::Integration': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::Route': ['apigateway:POST', 'apigateway:PATCH'],
  'AWS::ApiGatewayV2::Authorizer': ['apigateway:POST'],
  'AWS::DynamoDB::Table': ['dynamodb:CreateTable', 'dynamodb:UpdateContinuousBackups', 'dynamodb:UpdateTimeToLive'],
  'AWS::SQS::Queue': ['sqs:CreateQueue', 'sqs:SetQueueAttributes', 'sqs:DeleteQueue'],
  'AWS::SNS::Topic': ['sns:CreateTopic', 'sns:DeleteTopic'],
  'AWS::SNS::Subscription': ['sns:Subscribe', 'sns:Unsubscribe', 'sns:GetSubscriptionAttributes'],
  'AWS::Lambda::EventInvokeConfig': [
    'lambda:PutFunctionEventInvokeConfig',
    'lambda:GetFunctionEventInvokeConfig',
    'lambda:DeleteFunctionEventInvokeConfig',
  ],
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
  'AWS::Events::EventBus': ['events:CreateEventBus', 'events:DescribeEventBus', 'events:DeleteEventBus'],
  'AWS::Events::Rule': ['events:PutRule', 'events:PutTargets', 'events:DeleteRule'],
};

let template: Template;
beforeAll(async () => {
  template = await compile('--stage dev');
}, 240_000);

it('the deployer of the documents may make every kind of resource in the template', () => {
  const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))];
  const missing = types.flatMap((type) =>
    (NEEDED[type] ?? [`unknown: ${type}`]).filter((action) => !allowed.has(action)),
  );
  expect(missing).toEqual([]);
});

it('and no action that is not named; everywhere only what AWS ties to no resource', () => {
  expect([...allowed].filter((action) => action.includes('*'))).toEqual([]);
  const everywhere = Statement.filter(({ Resource }) => Resource.includes('*')).flatMap(({ Action }) => Action);
  const NOWHERE_ELSE = /^(cloudformation:ValidateTemplate|lambda:\w+(EventSourceMappings?|Tags|Resource)|logs:\w+)$/;
  expect(everywhere.filter((action) => !NOWHERE_ELSE.test(action))).toEqual([]);
});

/** Serverless gives the stack the tag STAGE, and CloudFormation puts it on every resource that takes tags. */
const TAGGED: Readonly<Record<string, readonly string[]>> = {
  'AWS::S3::Bucket': ['s3:PutBucketTagging', 's3:GetBucketTagging'],
  'AWS::Logs::LogGroup': ['logs:TagResource', 'logs:ListTagsForResource', 'logs:UntagResource'],
  'AWS::Lambda::Function': ['lambda:TagResource', 'lambda:ListTags', 'lambda:UntagResource'],
  'AWS::IAM::Role': ['iam:TagRole', 'iam:UntagRole'],
  'AWS::ApiGatewayV2::Api': ['apigateway:TagResource'],
  'AWS::DynamoDB::Table': ['dynamodb:TagResource', 'dynamodb:ListTagsOfResource', 'dynamodb:UntagResource'],
  'AWS::SQS::Queue': ['sqs:TagQueue', 'sqs:ListQueueTags', 'sqs:UntagQueue'],
  'AWS::SNS::Topic': ['sns:TagResource', 'sns:ListTagsForResource', 'sns:UntagResource'],
  'AWS::CloudWatch::Alarm': ['cloudwatch:TagResource', 'cloudwatch:ListTagsForResource', 'cloudwatch:UntagResource'],
  'AWS::Events::EventBus': ['events:CreateEventBus', 'events:DescribeEventBus', 'events:DeleteEventBus'],
  'AWS::Events::Rule': ['events:TagResource', 'events:ListTagsForResource', 'events:UntagResource'],
};

it('and may tag it, as CloudFormation does with what takes tags', () => {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  for (const [type, actions] of Object.entries(TAGGED)) {
    expect([type, types.has(type)]).toEqual([type, true]);
    expect([type, actions.filter((action) => !allowed.has(action))]).toEqual([type, []]);
  }
});

it('the policy is small enough to be attached as one', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/deployer-policy.json'), 'utf8');
  expect(JSON.stringify(JSON.parse(text)).length).toBeLessThanOrEqual(6144);
});

it('the bucket is reached also where CloudFormation has cut its name: it has at most 63 letters', () => {
  const [buckets = ''] = Statement.filter(({ Action }) => Action.includes('s3:CreateBucket')).flatMap(
    ({ Resource }) => Resource,
  );
  const pattern = new RegExp(`^${buckets.replaceAll('*', '.*')}$`);
  for (const stage of ['dev', 'integration-eu', 'a'.repeat(40)]) {
    // Stack name, logical id and thirteen random letters; the first two are shortened to what fits.
    const stack = `vapi-sync-${stage}`;
    const name = `${stack}-${'serverlessdeploymentbucket'.slice(0, Math.max(24, 63 - 14 - stack.length - 1))}-abcdefghijklm`;
    expect(`arn:aws:s3:::${name}`).toMatch(pattern);
  }
});

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
  'AWS::CloudWatch::Alarm': ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
  'AWS::CloudWatch::Dashboard': ['cloudwatch:PutDashboard', 'cloudwatch:DeleteDashboards'],
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

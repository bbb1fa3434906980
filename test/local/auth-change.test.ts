import { LambdaClient } from '@aws-sdk/client-lambda';
import { authChange } from '../../local/serverless/auth-change.ts';

/** A client whose requests are answered here; `undefined`: there is no such function. */
function lambdaWith(variables: Record<string, string> | undefined, failure?: { status: number; type: string }) {
  const handle = async () => {
    const gone = variables ? undefined : { status: 404, type: 'ResourceNotFoundException' };
    const refused = failure ?? gone;
    const body = refused ? { message: 'planted' } : { Environment: { Variables: variables } };
    const headers = { 'content-type': 'application/json', ...(refused ? { 'x-amzn-errortype': refused.type } : {}) };
    const response = {
      statusCode: refused?.status ?? 200,
      headers,
      body: new TextEncoder().encode(JSON.stringify(body)),
    };
    return { response };
  };
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  return new LambdaClient({ region: 'eu-central-1', credentials, maxAttempts: 1, requestHandler: { handle } });
}

const change = (deployed: Record<string, string> | undefined, wanted: string) =>
  authChange(lambdaWith(deployed), { functionName: 'vapi-sync-dev-sync', wanted });

it.each([
  ['signatures as before', { JWT_ORG_CLAIM: '' }, ''],
  ['tokens as before', { JWT_ORG_CLAIM: 'org_id' }, 'org_id'],
  ['the first deployment of a stage', undefined, 'org_id'],
  ['a version from before there were tokens', {}, ''],
])('%s: the deployment goes on', async (_what, deployed, wanted) => {
  expect(await change(deployed, wanted)).toBeUndefined();
});

it.each([
  [
    'tokens forgotten',
    { JWT_ORG_CLAIM: 'org_id' },
    '',
    'bring tokens with the claim org_id, and would have to sign with IAM',
  ],
  ['tokens by mistake', { JWT_ORG_CLAIM: '' }, 'org_id', 'sign with IAM, and would have to bring tokens'],
  [
    'another claim',
    { JWT_ORG_CLAIM: 'org_id' },
    'tenant',
    'the claim org_id, and would have to bring tokens with the claim tenant',
  ],
])('%s: refused, and told how to go on', async (_what, deployed, wanted, text) => {
  const problem = await change(deployed, wanted);
  expect(problem).toContain(text);
  expect(problem).toContain('--param confirmAuthChange=true');
});

it('what Lambda refuses is passed on: without an answer nothing is deployed', async () => {
  const lambda = lambdaWith({}, { status: 403, type: 'AccessDeniedException' });
  await expect(authChange(lambda, { functionName: 'f', wanted: '' })).rejects.toMatchObject({ message: 'planted' });
});

import { configuration } from '../support/configurations.ts';
import { type Environment, startService, type TestService } from '../support/service.ts';

let service: TestService;
let withTokens: Environment;
beforeAll(async () => {
  service = await startService();
  withTokens = service.anotherEnvironment({ settings: { JWT_ORG_CLAIM: 'org_id' } });
});
beforeEach(() => service.clearCounts());
afterAll(() => service.stop());

interface Caller {
  org?: string | undefined;
  authorizer?: unknown;
  headers?: Record<string, string>;
}

function putEvent({ org = 'acme', authorizer, headers = {} }: Caller): unknown {
  return {
    routeKey: 'PUT /orgs/{orgId}/assistants/{role}',
    requestContext: { http: { method: 'PUT' }, ...(authorizer === undefined ? {} : { authorizer }) },
    headers,
    pathParameters: { orgId: org, role: 'inbound' },
    body: JSON.stringify(configuration()),
  };
}

const token = (claims: unknown) => ({ jwt: { claims, scopes: null } });
/** The token itself, as API Gateway passes it on: verified, and of three parts. */
const bearer = (payload: unknown) => ({
  headers: { authorization: `Bearer x.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x` },
});
const signed = { iam: { accountId: '000000000000', userArn: 'arn:aws:iam::000000000000:user/x' } };
const refused = { status: 403, body: { code: 'FORBIDDEN_ORG', retryable: false } };

describe('where callers bring tokens', () => {
  it('the organisation that the token names is served', async () => {
    const reply = await withTokens.invoke('sync', putEvent({ authorizer: token({ sub: 'x', org_id: 'acme' }) }));
    expect(reply.status).toBe(201);
  });

  it('names of the account are refused among what an organisation gives, and taken from an operator', async () => {
    const named = { toolIds: [{ $ref: { tool: 'of-somebody-else' } }] };
    const put = (body: object) => ({
      ...Object(putEvent({ authorizer: token({ org_id: 'acme' }) })),
      body: JSON.stringify(body),
    });
    const body = { template: 'desk', variables: { extra: named }, overrides: { model: named } };
    const reply = await withTokens.invoke('sync', put(body));
    expect(reply).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'variables.extra.toolIds.0' }, { field: 'overrides.model.toolIds.0' }] },
    });
    const route = 'PUT /orgs/{orgId}/variables';
    const values = { ...put({ extra: named }), routeKey: route };
    expect(await withTokens.invoke('templates', values)).toMatchObject({
      status: 400,
      body: { errors: [{ field: 'extra.toolIds.0' }] },
    });
    const byOperator = {
      ...Object(putEvent({ authorizer: signed })),
      routeKey: route,
      body: JSON.stringify({ extra: named }),
    };
    expect(await service.invoke('templates', byOperator)).toMatchObject({ status: 200 });
  });

  it.each<[why: string, caller: Caller]>([
    ['the token is another organisation’s', { authorizer: token({ org_id: 'globex' }) }],
    ['the token names no organisation', { authorizer: token({ sub: 'acme' }) }],
    ['the token has no claims', { authorizer: token(null) }],
    ['a list does not hold the organisation', { authorizer: token({ org_id: ['globex', 'acm'] }) }],
    ['a list is no list of texts', { authorizer: token({ org_id: [['acme'], 1] }) }],
    [
      'a list as API Gateway writes it does not hold the organisation',
      { authorizer: token({ org_id: '[globex acmes]' }) },
    ],
    ['several organisations stand in a text that is no list', { authorizer: token({ org_id: 'globex acme' }) }],
    ['the claim differs in case', { authorizer: token({ org_id: 'ACME' }) }],
    ['the claim is inherited by every object', { org: 'x', authorizer: token(Object.create({ org_id: 'x' })) }],
    ['there is no token at all', {}],
    ['nobody has checked a token', { authorizer: { lambda: {}, jwt: {} } }],
    ['a signature is no token', { authorizer: signed }],
    ['the organisation is empty on both sides', { org: '', authorizer: token({}) }],
  ])('403, and nothing is read or written, when %s', async (_why, caller) => {
    expect(await withTokens.invoke('sync', putEvent(caller))).toMatchObject(refused);
    expect([service.tableOperations, service.secrets.requests, service.vapi.requests]).toEqual([[], [], []]);
  });

  it.each([
    [['globex', 'acme'], undefined],
    ['[globex acme]', ['globex', 'acme']],
    ['[acme]', ['acme']],
  ])('an organisation in the list of a token is served: %j', async (named, inToken) => {
    const event = putEvent({ authorizer: token({ org_id: named }), ...bearer({ org_id: inToken }) });
    expect(await withTokens.invoke('sync', event)).toMatchObject({ body: { orgId: 'acme' } });
  });

  it.each([
    ['a value of the list holds blanks and brackets', bearer({ org_id: ['globex] [acme', 'x acme'] })],
    ['the token holds no list', bearer({ org_id: '[globex acme]' })],
    ['there is no token to read the list from', {}],
    ['the token is none', { headers: { authorization: 'Bearer abc' } }],
  ])('a list that API Gateway has written as a text opens nothing when %s', async (_why, sent) => {
    const event = putEvent({ authorizer: token({ org_id: '[globex acme]' }), ...sent });
    expect(await withTokens.invoke('sync', event)).toMatchObject(refused);
  });

  it('also for reading, also for a list', async () => {
    const event = { requestContext: { http: { method: 'GET' }, authorizer: token({ org_id: 'globex' }) } };
    const paths = [
      { orgId: 'acme', role: undefined },
      { orgId: 'acme', role: 'inbound' },
    ];
    for (const pathParameters of paths) {
      const routeKey = `GET /orgs/{orgId}/assistants${pathParameters.role ? '/{role}' : ''}`;
      expect(await withTokens.invoke('status', { ...event, routeKey, pathParameters })).toMatchObject(refused);
    }
    expect(service.tableOperations).toEqual([]);
  });

  it('a route of operators takes none: a token must not reach what concerns every organisation', async () => {
    const requestContext = { http: { method: 'GET' }, authorizer: token({ org_id: 'acme' }) };
    const event = { routeKey: 'GET /drift/runs', requestContext };
    expect(await withTokens.invoke('drift', event)).toMatchObject(refused);
  });
});

it('the verification suite of such a deployment needs no token: who may start it has signed', async () => {
  const event = { routeKey: 'POST /verify', requestContext: { http: { method: 'POST' }, authorizer: signed } };
  const { status, body } = await withTokens.invoke('verify', event);
  expect([status, body.failed]).toEqual([200, 0]);
});

describe('where callers sign with IAM', () => {
  it('IAM has decided', async () => {
    expect((await service.invoke('sync', putEvent({ authorizer: signed }))).status).toBe(200);
  });

  it('a token is refused: whoever let it in has not said which claim counts', async () => {
    expect(await service.invoke('sync', putEvent({ authorizer: token({ org_id: 'acme' }) }))).toMatchObject(refused);
  });
});

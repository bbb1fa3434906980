import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Reply } from '../support/api-description.ts';
import { configuration, PROMPT, withPrompt } from '../support/configurations.ts';
import { SECRETS, type TestService } from '../support/service.ts';
import { useService } from '../support/use-service.ts';

let service: TestService;
useService((given) => {
  service = given.service;
});

const KEYS = SECRETS.filter((secret) => secret !== PROMPT);
const upstream = (method: string, behaviour: object) => service.vapi.inject({ on: { method }, behaviour });

/** What goes well, and each way in which a key or a prompt is near something that goes wrong. */
const SCENES: [name: string, act: () => Promise<Reply>, status: number][] = [
  ['created', () => service.put('acme', 'inbound', configuration()), 201],
  ['changed', () => service.put('acme', 'inbound', withPrompt('new')), 200],
  ['planned', () => service.put('acme', 'inbound', withPrompt('plan'), { query: { dryRun: 'true' } }), 200],
  ['not valid', () => service.put('acme', 'inbound', { ...configuration(), systemPrompt: `other ${PROMPT}` }), 400],
  ['not JSON', () => service.put('acme', 'inbound', undefined, { rawBody: `{"name": "${PROMPT}` }), 400],
  ['refused by Vapi', () => service.put('acme', 'inbound', configuration({ firstMessageMode: PROMPT })), 422],
  ['a key that Vapi refuses', () => withKey('wrong', { apiKey: 'wrong-key' }), 502],
  ['a secret that is a bare key', () => withKey('bare', 'vk-raw-key'), 500],
  ['a key that no header can carry', () => withKey('umlaut', { apiKey: 'schlüssel' }), 500],
  ['a page of the CDN', () => failing('POST', 'cdn', { kind: 'html', status: 403 }), 503],
  ['a reply that is cut off', () => failing('POST', 'cut', { kind: 'truncated' }), 201],
  ['an error after the effect', () => failing('POST', 'after', { kind: 'error-after', status: 500 }), 201],
  ['removed', () => service.remove('acme', 'inbound'), 204],
];

async function withKey(org: string, secret: unknown): Promise<Reply> {
  service.secrets.put(service.secretName(org), secret);
  return await service.put(org, 'inbound', configuration());
}

async function failing(method: string, org: string, behaviour: object): Promise<Reply> {
  upstream(method, behaviour);
  return await service.put(org, 'inbound', configuration());
}

async function rows(): Promise<Record<string, unknown>[]> {
  const { Items = [] } = await service.dynamo.send(
    new ScanCommand({ TableName: service.environment.TABLE_NAME ?? '' }),
  );
  return Items.map((item) => unmarshall(item));
}

it.each(SCENES)(
  'no key is in the answer, the log or the table, and no prompt in the log: %s',
  async (_name, act, status) => {
    service.output.clear();
    const reply = await act();
    expect(reply.status).toBe(status);
    const stored = await rows();
    const log = service.output.text();
    expect(log).toContain('OPERATION_STARTED');
    const found = KEYS.filter((key) =>
      [JSON.stringify(reply), log, JSON.stringify(stored)].some((text) => text.includes(key)),
    );
    expect(found).toEqual([]);
    expect(log).not.toContain(PROMPT);
    const withPrompts = stored.filter((row) => JSON.stringify(row).includes(PROMPT)).map(({ sk }) => String(sk));
    expect(withPrompts.filter((sk) => !sk.startsWith('SPEC#'))).toEqual([]);
  },
);

it('the scan finds what is there: the prompts of those who are served', async () => {
  expect(JSON.stringify(await rows())).toContain(PROMPT);
});

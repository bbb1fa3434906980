import { inspect } from 'node:util';
import { ApiKey } from '../../../src/domain/account/api-key.ts';
import {
  type Access,
  type CredentialDependencies,
  forgetAccess,
  invalid,
  isSameAccess,
  resolveAccess,
  resolvePlatformKey,
  type SecretLookup,
} from '../../../src/domain/account/credentials.ts';
import type { OrganisationRecord } from '../../../src/domain/account/organisation-record.ts';
import type { JournalEntry } from '../../../src/domain/journal.ts';
import { rejectedProblemOf } from '../thrown-problem.ts';
import { FakeSecretStore, type Told } from './fake-secret-store.ts';

const ORG_KEY = 'org-key-0123456789';
const PLATFORM_KEY = 'platform-key-0123456789';
const SETTINGS_KEY = 'settings-key-0123456789';
const ABSENT: SecretLookup = { kind: 'absent', cached: false };
const FELL_THROUGH: JournalEntry = { code: 'CREDENTIALS_FELL_THROUGH', from: 'org-secret' };

function found(value: unknown, cached = false): SecretLookup {
  return { kind: 'found', text: typeof value === 'string' ? value : JSON.stringify(value), cached };
}

interface World {
  org: Told;
  platform?: Told;
  settingsKey?: string;
  /** Left out: reading the record is an error. */
  record?: OrganisationRecord | 'none';
}

function worldOf({ org, platform, settingsKey, record }: World) {
  const secrets = new FakeSecretStore({ 'orgs/acme': org, ...(platform ? { platform } : {}) });
  const entries: JournalEntry[] = [];
  const platformKey = settingsKey === undefined ? undefined : ApiKey.clean(settingsKey);
  const deps: CredentialDependencies = { secrets, platformKey };
  const readRecord = async (): Promise<OrganisationRecord | undefined> => {
    if (record === undefined) throw new Error('nobody said that the record would be read');
    return await Promise.resolve(record === 'none' ? undefined : record);
  };
  const journal = { record: (entry: JournalEntry) => void entries.push(entry) };
  return { secrets, entries, deps, resolve: () => resolveAccess(deps, { orgId: 'acme', record: readRecord, journal }) };
}

describe('level 1: the secret of the organisation', () => {
  it('is used alone: neither the platform secret nor the record is read', async () => {
    const world = worldOf({ org: found({ apiKey: ORG_KEY }), settingsKey: SETTINGS_KEY });
    const { apiKey, ...access } = await world.resolve();
    expect(apiKey.reveal()).toBe(ORG_KEY);
    expect(access).toEqual({ source: 'org-secret', scope: 'org', cached: false });
    expect(world.secrets.reads).toEqual(['orgs/acme']);
    expect(world.entries).toEqual([]);
  });

  it.each<[string, object, object]>([
    [
      'is taken from it',
      { assistantId: ' 0a0a0a0a-0000-4000-8000-000000000001\n' },
      { namedAssistantId: '0a0a0a0a-0000-4000-8000-000000000001' },
    ],
    ['may be null', { assistantId: null, phoneNumberId: null }, {}],
    ['may be empty', { assistantId: '' }, {}],
    [
      'comes beside other fields, which are no concern of ours',
      { assistantId: '0a0a0a0a-0000-4000-8000-000000000001', owner: [] },
      { namedAssistantId: '0a0a0a0a-0000-4000-8000-000000000001' },
    ],
  ])('the assistant id %s', async (_name, extra, expected) => {
    const { apiKey, ...access } = await worldOf({ org: found({ apiKey: ORG_KEY, ...extra }) }).resolve();
    expect(apiKey.reveal()).toBe(ORG_KEY);
    expect(access).toEqual({ source: 'org-secret', scope: 'org', cached: false, ...expected });
  });

  it('the key is cleaned of what copy and paste leaves', async () => {
    const { apiKey } = await worldOf({ org: found({ apiKey: `\ufeff ${ORG_KEY}\r\n` }) }).resolve();
    expect(apiKey.reveal()).toBe(ORG_KEY);
  });

  it('an answer that was remembered says so: nothing is created on its strength', async () => {
    expect(await worldOf({ org: found({ apiKey: ORG_KEY }, true) }).resolve()).toMatchObject({ cached: true });
  });
});

describe('only a secret that does not exist falls through', () => {
  it('level 2: to the assistant of the record, with the platform’s key', async () => {
    const record = { vapiAssistantId: '0a0a0a0a-0000-4000-8000-000000000009', vapiPhoneNumberId: 'p-1' };
    const world = worldOf({ org: ABSENT, platform: found({ apiKey: PLATFORM_KEY }), record });
    const { apiKey, ...access } = await world.resolve();
    expect(apiKey.reveal()).toBe(PLATFORM_KEY);
    expect(access).toEqual({
      source: 'org-record',
      scope: 'platform',
      namedAssistantId: '0a0a0a0a-0000-4000-8000-000000000009',
      phoneNumberId: 'p-1',
      cached: false,
    });
    expect(world.secrets.reads).toEqual(['orgs/acme', 'platform']);
    expect(world.entries).toEqual([FELL_THROUGH]);
  });

  it.each<[string, OrganisationRecord | 'none']>([
    ['there is no record', 'none'],
    ['the record is empty', {}],
    ['the record names an empty id', { vapiAssistantId: '' }],
  ])('level 3: to the platform’s key alone, when %s', async (_name, record) => {
    const world = worldOf({ org: ABSENT, platform: found({ apiKey: PLATFORM_KEY }), record });
    const { apiKey, ...access } = await world.resolve();
    expect(apiKey.reveal()).toBe(PLATFORM_KEY);
    expect(access).toEqual({ source: 'platform', scope: 'platform', cached: false });
    expect(world.entries).toEqual([FELL_THROUGH]);
  });

  it('is said when it is found, not by each call that remembers it', async () => {
    const org = { kind: 'absent', cached: true } as const;
    const world = worldOf({ org, platform: found({ apiKey: PLATFORM_KEY }), record: 'none' });
    expect((await world.resolve()).source).toBe('platform');
    expect(world.entries).toEqual([]);
  });

  it('the platform secret comes before the key of the settings', async () => {
    const platform = found({ apiKey: PLATFORM_KEY });
    const world = worldOf({ org: ABSENT, platform, settingsKey: SETTINGS_KEY, record: 'none' });
    expect((await world.resolve()).apiKey.reveal()).toBe(PLATFORM_KEY);
  });

  it('the key of the settings serves when there is no platform secret', async () => {
    const world = worldOf({
      org: ABSENT,
      platform: ABSENT,
      settingsKey: SETTINGS_KEY,
      record: { vapiAssistantId: '0a0a0a0a-0000-4000-8000-000000000002' },
    });
    const access = await world.resolve();
    expect(access.apiKey.reveal()).toBe(SETTINGS_KEY);
    expect(access).toMatchObject({ source: 'org-record', namedAssistantId: '0a0a0a0a-0000-4000-8000-000000000002' });
  });

  it('with neither, CREDENTIALS_MISSING says what to create', async () => {
    const problem = await rejectedProblemOf(worldOf({ org: ABSENT, platform: ABSENT, record: 'none' }).resolve());
    expect(problem.code).toBe('CREDENTIALS_MISSING');
    expect(problem.message).toContain('vapi-sync/test/platform');
    expect(problem.message).toContain('VAPI_PRIVATE_KEY');
  });

  it('that the absence was remembered is said: the organisation may have its own key by now', async () => {
    const org: SecretLookup = { kind: 'absent', cached: true };
    const world = worldOf({ org, platform: found({ apiKey: PLATFORM_KEY }), record: 'none' });
    expect((await world.resolve()).cached).toBe(true);
  });

  it('a platform key that was remembered is no danger', async () => {
    const world = worldOf({ org: ABSENT, platform: found({ apiKey: PLATFORM_KEY }, true), record: 'none' });
    expect((await world.resolve()).cached).toBe(false);
  });
});

/** Texts of a secret that exists and cannot be used. Each holds a key, or a part of one, where it can. */
const UNUSABLE: [string, string][] = [
  ['empty', ''],
  ['a bare key', ORG_KEY],
  ['a quoted key', JSON.stringify(ORG_KEY)],
  ['JSON that is cut off', `{"apiKey": "${ORG_KEY}"`],
  ['JSON with single quotes', `{'apiKey': '${ORG_KEY}'}`],
  ['null', 'null'],
  ['a list', JSON.stringify([{ apiKey: ORG_KEY }])],
  ['another name', JSON.stringify({ api_key: ORG_KEY })],
  ['another case', JSON.stringify({ apikey: ORG_KEY })],
  ['a number as key', '{"apiKey": 12345678}'],
  ['null as key', '{"apiKey": null}'],
  ['an object as key', JSON.stringify({ apiKey: { value: ORG_KEY } })],
  ['an empty key', '{"apiKey": ""}'],
  ['a blank key', '{"apiKey": " \\n\\t"}'],
  ['a key of control characters', '{"apiKey": "\\u0000\\ufeff"}'],
  ['a whole header', JSON.stringify({ apiKey: `Bearer ${ORG_KEY}` })],
  ['a key with a letter that no header carries', JSON.stringify({ apiKey: `${ORG_KEY}é` })],
  ['an assistant id that is no id of Vapi', JSON.stringify({ apiKey: ORG_KEY, assistantId: 'front-desk' })],
  ['an assistant id that is no text', JSON.stringify({ apiKey: ORG_KEY, assistantId: 7 })],
];

describe('a fault never leads to another key: the assistant would be made again in the wrong account', () => {
  it.each(UNUSABLE)('a secret of the organisation that is %s', async (_name, text) => {
    const world = worldOf({ org: found(text), settingsKey: SETTINGS_KEY });
    const problem = await rejectedProblemOf(world.resolve());
    expect(problem.code).toBe('CREDENTIALS_INVALID');
    expect(problem.message).toContain('vapi-sync/test/orgs/acme');
    expect(problem.retryable).toBe(false);
    expect(world.secrets.reads).toEqual(['orgs/acme']);
    expect(world.entries).toEqual([]);
  });

  it.each([
    ['binary', invalid('vapi-sync/test/orgs/acme', 'is binary; store it as text')],
    ['denied', invalid('vapi-sync/test/orgs/acme', 'could not be read (AccessDeniedException)')],
    [
      'throttled',
      invalid('vapi-sync/test/orgs/acme', 'could not be read (ThrottlingException)', { retryAfterSeconds: 2 }),
    ],
    ['scheduled for deletion', invalid('vapi-sync/test/orgs/acme', 'could not be read (InvalidRequestException)')],
  ])('a secret of the organisation that is %s: the store’s own problem is the answer', async (_name, problem) => {
    const world = worldOf({ org: problem, settingsKey: SETTINGS_KEY });
    await expect(world.resolve()).rejects.toBe(problem);
    expect(world.secrets.reads).toEqual(['orgs/acme']);
    expect(world.entries).toEqual([]);
  });

  it.each(UNUSABLE.filter(([name]) => !name.includes('assistant')))(
    'a platform secret that is %s is not replaced by the key of the settings',
    async (_name, text) => {
      const world = worldOf({ org: ABSENT, platform: found(text), settingsKey: SETTINGS_KEY, record: 'none' });
      const problem = await rejectedProblemOf(world.resolve());
      expect(problem.code).toBe('CREDENTIALS_INVALID');
      expect(problem.message).toContain('vapi-sync/test/platform');
    },
  );

  it('a platform secret that cannot be read is not replaced either', async () => {
    const problem = invalid('vapi-sync/test/platform', 'could not be read (DecryptionFailure)');
    const { deps } = worldOf({ org: ABSENT, platform: problem, settingsKey: SETTINGS_KEY });
    await expect(resolvePlatformKey(deps)).rejects.toBe(problem);
  });

  it('a record that cannot be read stops too: its assistant would be made a second time', async () => {
    const world = worldOf({ org: ABSENT, platform: found({ apiKey: PLATFORM_KEY }) });
    await expect(world.resolve()).rejects.toThrow('nobody said that the record would be read');
  });
});

describe('the text of an error never holds a key', () => {
  it.each(UNUSABLE)('a secret that is %s', async (_name, text) => {
    const worlds = [
      worldOf({ org: found(text) }),
      worldOf({ org: ABSENT, platform: found(text), record: 'none', settingsKey: SETTINGS_KEY }),
    ];
    const printed = await Promise.all(worlds.map(printOfOutcome));
    expect(printed.join('\n')).not.toContain(ORG_KEY.slice(0, 7));
    expect(printed.join('\n')).not.toContain('12345678');
  });
});

/** All that a logger could make of the outcome. */
async function printOfOutcome(world: ReturnType<typeof worldOf>): Promise<string> {
  const [outcome] = await Promise.allSettled([world.resolve()]);
  const reason: unknown = outcome?.status === 'rejected' ? outcome.reason : undefined;
  return `${inspect(outcome, { depth: null, showHidden: true })} ${String(reason)} ${JSON.stringify(outcome)}`;
}

describe('forgetting', () => {
  it('drops both secrets that an access may have come from', () => {
    const { deps, secrets } = worldOf({ org: ABSENT });
    forgetAccess(deps, 'acme');
    expect(secrets.forgotten).toEqual(['orgs/acme', 'platform']);
    expect(secrets.reads).toEqual([]);
  });
});

describe('two accesses are the same', () => {
  const key = (text: string): ApiKey => {
    const cleaned = ApiKey.clean(text);
    if (!cleaned) throw new Error('the key of the test is not usable');
    return cleaned;
  };
  const access: Access = { source: 'org-record', scope: 'platform', apiKey: key(PLATFORM_KEY), cached: false };

  it.each<[string, Partial<Access>, boolean]>([
    ['when the key was read anew', { apiKey: key(` ${PLATFORM_KEY}\n`), cached: true }, true],
    ['not with another key: it may be another account', { apiKey: key(ORG_KEY) }, false],
    ['not in another scope', { scope: 'org' }, false],
    ['not when another assistant is known', { namedAssistantId: '0a0a0a0a-0000-4000-8000-000000000001' }, false],
  ])('%s', (_name, other, same) => {
    expect(isSameAccess(access, { ...access, ...other })).toBe(same);
  });
});

import type { CredentialSource, Scope } from '../../account/scope.ts';
import type { VapiAccount } from '../../account/vapi-account.ts';
import { expect, expectAll } from '../expectations.ts';
import { codesIn } from '../recorded-steps.ts';
import { OWN_KEY_ORGANISATION, OWN_KEY_PURPOSE } from '../run.ts';
import { configurationFor, live, mapped, platformAccount, type Scenario, type Stage, sync } from '../stage.ts';

/** Shown by the account that holds the assistant: the source that the answer names would prove nothing. */
export const credentialFallback: Scenario = {
  name: 'credential-fallback',
  purposes: ['no-own-key', OWN_KEY_PURPOSE],
  show: async (stage) => {
    const { own } = stage.keys;
    const account = own && stage.deps.sync.vapi.open(own, stage.deadline);
    await expectAll([showPlatformKey(stage, account), ...(account ? [showOwnKey(stage, account)] : [])]);
    const fallback = "Without a secret the assistant is in the platform's account";
    if (account) return `${fallback}, with its own key in the organisation's`;
    stage.details.ownKey = `not configured: there is no secret orgs/${OWN_KEY_ORGANISATION}, so this case was not tried`;
    return `${fallback}; an own key is not configured and was not tried`;
  },
};

async function showPlatformKey(stage: Stage, own: VapiAccount | undefined): Promise<void> {
  const purpose = 'no-own-key';
  const synced = await sync(stage, purpose, configurationFor(stage));
  const assistant = await live(platformAccount(stage), synced.assistantId, "the platform's account");
  stage.details.platformKey = { assistantId: synced.assistantId, vapiOrgId: assistant.vapiOrgId };
  if (own) await expectMissing(own, synced.assistantId, `the account of ${OWN_KEY_ORGANISATION}`);
  await expectRecorded(stage, purpose, { ...synced, scope: 'platform', ...assistant });
  expectSource(synced.credentials.source, 'platform');
  expect(
    codesIn(synced.answer.log).includes('CREDENTIALS_FELL_THROUGH'),
    'The log does not say that the missing secret made the call fall through to the platform key',
  );
}

async function showOwnKey(stage: Stage, own: VapiAccount): Promise<void> {
  const synced = await sync(stage, OWN_KEY_PURPOSE, configurationFor(stage));
  const assistant = await live(own, synced.assistantId, `the account of ${OWN_KEY_ORGANISATION}`);
  stage.details.ownKey = { assistantId: synced.assistantId, vapiOrgId: assistant.vapiOrgId };
  await expectMissing(platformAccount(stage), synced.assistantId, "the platform's account");
  await expectRecorded(stage, OWN_KEY_PURPOSE, { ...synced, scope: 'org', ...assistant });
  expectSource(synced.credentials.source, 'org-secret');
}

async function expectMissing(account: VapiAccount, assistantId: string, where: string): Promise<void> {
  const found = await account.assistants.get(assistantId);
  expect(found.kind === 'missing', `Assistant ${assistantId} is in ${where}, where it must not be`);
}

async function expectRecorded(
  stage: Stage,
  purpose: string,
  { assistantId, scope, vapiOrgId }: { assistantId: string; scope: Scope; vapiOrgId: string },
): Promise<void> {
  const mapping = await mapped(stage, purpose, assistantId);
  expect(
    mapping.scope === scope && mapping.vapiOrgId === vapiOrgId,
    `The table puts "${purpose}" into scope ${mapping.scope ?? 'none'}, account ${mapping.vapiOrgId ?? 'none'}, instead of ${scope}, ${vapiOrgId}`,
  );
}

function expectSource(source: string, wanted: CredentialSource): void {
  expect(source === wanted, `The answer names ${source} as the source of the key instead of ${wanted}`);
}

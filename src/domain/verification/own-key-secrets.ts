import type { SecretName, SecretStore } from '../account/credentials.ts';
import { OWN_KEY_ORGANISATION, triesOwnKey } from './run.ts';

/**
 * The secrets, where each run's organisation with an own key has that of `verify-own-key`: an organisation that is made
 * for one run has no secret, and nothing here may make one. All other secrets are as they are.
 */
export function withOwnKeySecrets(secrets: SecretStore): SecretStore {
  const named = (name: SecretName): SecretName =>
    name.kind === 'org' && triesOwnKey(name.orgId) ? { kind: 'org', orgId: OWN_KEY_ORGANISATION } : name;
  return {
    read: (name) => secrets.read(named(name)),
    forget: (name) => secrets.forget(named(name)),
    idOf: (name) => secrets.idOf(named(name)),
  };
}

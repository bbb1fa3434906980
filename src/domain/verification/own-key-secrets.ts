import type { SecretName, SecretStore } from '../account/credentials.ts';
import { OWN_KEY_ORGANISATION, triesOwnKey } from './run.ts';

/**
 * The secrets, with that of `verify-own-key` given to the organisation of each run that tries an own key: an
 * organisation that is made for one run has no secret, and the suite must not create one.
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

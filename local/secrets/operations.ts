import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { JsonObject } from '../stack/json.ts';
import {
  alreadyExists,
  invalidParameter,
  invalidRequest,
  markedForDeletion,
  notFound,
  SecretsError,
} from './errors.ts';
import type { Secret, SecretStore, SecretVersion } from './store.ts';

/** What an operation works on. */
export type Scope = { store: SecretStore; now: number };

type Operation = (input: unknown, scope: Scope) => JsonObject;

const DAY_MS = 86_400_000;

const value = { SecretString: z.string().optional(), SecretBinary: z.string().optional() };
const getInput = z.object({
  SecretId: z.string(),
  VersionId: z.string().optional(),
  VersionStage: z.string().optional(),
});
const createInput = z.object({ Name: z.string().min(1).max(512), ClientRequestToken: z.string().optional(), ...value });
const putInput = z.object({ SecretId: z.string(), ClientRequestToken: z.string().optional(), ...value });
const deleteInput = z.object({
  SecretId: z.string(),
  RecoveryWindowInDays: z.number().optional(),
  ForceDeleteWithoutRecovery: z.boolean().optional(),
});

/** The operations that the stand-in knows, by the name in the X-Amz-Target header. */
export const OPERATIONS: Record<string, Operation> = {
  GetSecretValue: getSecretValue,
  CreateSecret: createSecret,
  PutSecretValue: putSecretValue,
  DeleteSecret: deleteSecret,
};

function getSecretValue(input: unknown, { store }: Scope): JsonObject {
  const { SecretId, VersionId, VersionStage } = parse(getInput, input);
  const secret = existing(store, SecretId);
  const stage = VersionStage ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
  const found = secret.versions.find(
    (version) =>
      (VersionId === undefined || version.id === VersionId) &&
      (stage === undefined || stagesOf(secret, version).includes(stage)),
  );
  if (!found) throw noSuchVersion(VersionId, VersionStage);
  return {
    ...identity(secret, found),
    CreatedDate: found.createdAt / 1000,
    ...(found.secretString !== undefined && { SecretString: found.secretString }),
    ...(found.secretBinary !== undefined && { SecretBinary: found.secretBinary }),
    VersionStages: stagesOf(secret, found),
  };
}

function createSecret(input: unknown, { store, now }: Scope): JsonObject {
  const { Name, ClientRequestToken, ...rest } = parse(createInput, input);
  const taken = store.get(Name);
  if (taken?.deletedAt !== undefined) {
    throw invalidRequest(
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    );
  }
  if (taken) throw alreadyExists(Name);
  const hasValue = rest.SecretString !== undefined || rest.SecretBinary !== undefined;
  const secret = {
    name: Name,
    arn: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${Name}-${randomBytes(3).toString('hex')}`,
    createdAt: now,
    versions: hasValue ? [newVersion(rest, ClientRequestToken, now)] : [],
  };
  store.save(secret);
  return identity(secret, secret.versions.at(-1));
}

function putSecretValue(input: unknown, { store, now }: Scope): JsonObject {
  const { SecretId, ClientRequestToken, ...rest } = parse(putInput, input);
  const secret = existing(store, SecretId);
  if (rest.SecretString === undefined && rest.SecretBinary === undefined) {
    throw invalidRequest('You must provide either SecretString or SecretBinary.');
  }
  const known = secret.versions.find((version) => version.id === ClientRequestToken);
  const version = known ?? newVersion(rest, ClientRequestToken, now);
  if (!known) store.save({ ...secret, versions: [...secret.versions, version] });
  return { ...identity(secret, version), VersionStages: ['AWSCURRENT'] };
}

function deleteSecret(input: unknown, { store, now }: Scope): JsonObject {
  const { SecretId, RecoveryWindowInDays: days, ForceDeleteWithoutRecovery: isForced } = parse(deleteInput, input);
  checkRecovery(days, isForced);
  const arn = store.get(SecretId)?.arn ?? SecretId;
  if (isForced) {
    // As at AWS, this also succeeds for a secret that does not exist or waits for its deletion.
    store.remove(store.nameOf(SecretId));
    return { ARN: arn, Name: store.nameOf(SecretId), DeletionDate: now / 1000 };
  }
  const secret = existing(store, SecretId);
  store.save({ ...secret, deletedAt: now });
  return { ARN: arn, Name: secret.name, DeletionDate: (now + (days ?? 30) * DAY_MS) / 1000 };
}

function checkRecovery(days: number | undefined, isForced: boolean | undefined): void {
  if (days === undefined) return;
  if (isForced) {
    throw invalidParameter("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  }
  if (days < 7 || days > 30) {
    throw invalidParameter('The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).');
  }
}

function parse<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw invalidParameter(`Invalid or missing parameter: ${fields}`);
}

function existing(store: SecretStore, secretId: string): Secret {
  const secret = store.get(secretId);
  if (!secret) throw notFound();
  if (secret.deletedAt !== undefined) throw markedForDeletion();
  return secret;
}

function stagesOf({ versions }: Secret, version: SecretVersion): string[] {
  if (version === versions.at(-1)) return ['AWSCURRENT'];
  return version === versions.at(-2) ? ['AWSPREVIOUS'] : [];
}

function newVersion(
  given: { SecretString?: string | undefined; SecretBinary?: string | undefined },
  token: string | undefined,
  now: number,
): SecretVersion {
  return {
    id: token ?? randomUUID(),
    createdAt: now,
    ...(given.SecretString !== undefined && { secretString: given.SecretString }),
    ...(given.SecretBinary !== undefined && { secretBinary: given.SecretBinary }),
  };
}

function identity(secret: Secret, version: SecretVersion | undefined): JsonObject {
  return { ARN: secret.arn, Name: secret.name, ...(version && { VersionId: version.id }) };
}

function noSuchVersion(versionId: string | undefined, stage = 'AWSCURRENT'): SecretsError {
  const which = versionId ? `VersionId: ${versionId}` : `staging label: ${stage}`;
  return new SecretsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${which}`,
  );
}

import { z } from 'zod';
import { SecretsError } from './errors.ts';

const KINDS = [
  'AccessDeniedException',
  'ThrottlingException',
  'DecryptionFailure',
  'InternalServiceError',
  'hang',
  'reset',
] as const;

/** How requests about a secret fail; `times` null is for ever, `secret` "*" any. */
const secretFault = z.strictObject({
  secret: z.string().default('*'),
  kind: z.enum(KINDS),
  times: z.number().int().min(1).nullable().default(1),
});

/** As one writes it. */
export type SecretFaultInput = z.input<typeof secretFault>;
/** How a request fails. */
type SecretFaultKind = (typeof KINDS)[number];

/** The faults that wait for their requests, in the order of their injection. */
export class SecretFaults {
  #faults: z.output<typeof secretFault>[] = [];

  add(fault: unknown): void {
    this.#faults.push(secretFault.parse(fault));
  }

  clear(): void {
    this.#faults = [];
  }

  /** How a request about this secret fails, which counts as used. */
  take(secret: string): SecretFaultKind | undefined {
    const fault = this.#faults.find((candidate) => candidate.secret === '*' || candidate.secret === secret);
    if (!fault) return undefined;
    if (fault.times !== null) fault.times -= 1;
    if (fault.times === 0) this.#faults = this.#faults.filter((other) => other !== fault);
    return fault.kind;
  }
}

/** The error of a failing request, in the words of AWS. */
export function errorOf(kind: Exclude<SecretFaultKind, 'hang' | 'reset'>, secret: string): SecretsError {
  switch (kind) {
    case 'AccessDeniedException':
      return new SecretsError(
        kind,
        `User: arn:aws:sts::000000000000:assumed-role/local is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secret} because no identity-based policy allows the secretsmanager:GetSecretValue action`,
      );
    case 'ThrottlingException':
      return new SecretsError(kind, 'Rate exceeded');
    case 'DecryptionFailure':
      return new SecretsError(
        kind,
        "Secrets Manager can't decrypt the protected secret text using the provided KMS key.",
      );
    case 'InternalServiceError':
      return new SecretsError(kind, 'An error occurred on the server side.', 500);
  }
}

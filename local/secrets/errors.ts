/** A refusal with the name, text and status that Secrets Manager itself uses. */
export class SecretsError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

/** No such secret. */
export function notFound(): SecretsError {
  return new SecretsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
}

/** The secret exists, but waits for its deletion. */
export function markedForDeletion(): SecretsError {
  return new SecretsError(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}

import { createHash, createHmac, createSecretKey } from 'node:crypto';

type Key = string | ArrayBuffer | ArrayBufferView;

/**
 * SHA-256 for the signatures of the AWS clients (their setting `sha256`). Given a key as bytes, Node takes longer to
 * determine its kind than to sign with it: here it is a key object, which the clients' own hash does not use.
 */
export class SigningHash {
  readonly #key: Key | undefined;
  #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(key?: Key) {
    this.#key = key;
    this.#hash = startHash(key);
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  /** 32 bytes. */
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }

  reset(): void {
    this.#hash = startHash(this.#key);
  }
}

function startHash(key: Key | undefined): ReturnType<typeof createHash> | ReturnType<typeof createHmac> {
  if (key === undefined) return createHash('sha256');
  return createHmac('sha256', typeof key === 'string' ? key : createSecretKey(bytesOf(key)));
}

function bytesOf(key: ArrayBuffer | ArrayBufferView): Uint8Array {
  return ArrayBuffer.isView(key) ? new Uint8Array(key.buffer, key.byteOffset, key.byteLength) : new Uint8Array(key);
}

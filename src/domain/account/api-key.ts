import { createHash } from 'node:crypto';
import { inspect } from 'node:util';

const MASK = '[api key]';

/** A Vapi key that cannot be printed: every way of turning it into text but `reveal()` gives a mask. */
export class ApiKey {
  readonly #value: string;
  /** SHA-256 (hex) of the key: equal keys are equal accounts, and nothing of the key can be learnt from it. */
  readonly fingerprint: string;

  private constructor(value: string) {
    this.#value = value;
    this.fingerprint = createHash('sha256').update(value).digest('hex');
  }

  /** Strips what copy and paste leaves (blanks, control characters). Undefined when nothing usable is left. */
  static clean(text: string): ApiKey | undefined {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is to be removed
    const value = text.replace(/[\u0000-\u001f\u007f-\u009f\u200b\ufeff]/g, '').trim();
    return /^[\x21-\x7e]+$/.test(value) ? new ApiKey(value) : undefined;
  }

  /** The key itself, for the Authorization header and nothing else. */
  reveal(): string {
    return this.#value;
  }

  /** True when the key stands in a text, plainly or in Base64. */
  occursIn(text: string): boolean {
    return text.includes(this.#value) || text.includes(Buffer.from(this.#value).toString('base64'));
  }

  /** The text with the key masked. */
  maskIn(text: string): string {
    return text.replaceAll(this.#value, MASK);
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

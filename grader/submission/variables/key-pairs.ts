import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Meaning, KeyAlgorithm } from './variable.ts';

const generate = promisify(generateKeyPair) as unknown as (
  type: string,
  options: object,
) => Promise<Record<'privateKey' | 'publicKey', KeyObject>>;
const OPTIONS: Readonly<Record<KeyAlgorithm, object>> = {
  rsa: { modulusLength: 2048 },
  ec: { namedCurve: 'P-256' },
  ed25519: {},
};

/** Fresh key pairs, one for each purpose: the halves of ACCESS_PRIVATE_KEY and ACCESS_PUBLIC_KEY belong together. */
export class KeyPairs {
  readonly #pairs = new Map<string, ReturnType<typeof generate>>();
  readonly #purposes: ReadonlySet<string>;

  /** @param names all variables that hold a half */
  constructor(names: readonly string[]) {
    const purposes = names.map(purposeOf);
    // A purpose with one half only is served by a pair that all such share: `SIGN_WITH` and `CHECK_WITH`.
    this.#purposes = new Set(purposes.filter((purpose, index) => purposes.indexOf(purpose) !== index));
  }

  /** A half as PEM, or as the coding that the app takes off. */
  async half(name: string, { half, algorithm = 'rsa', encoding }: Extract<Meaning, { kind: 'pem' }>): Promise<string> {
    const purpose = purposeOf(name);
    const key = `${algorithm} ${this.#purposes.has(purpose) ? purpose : ''}`;
    const pair = this.#pairs.get(key) ?? generate(algorithm, OPTIONS[algorithm]);
    this.#pairs.set(key, pair);
    const { privateKey, publicKey } = await pair;
    const text =
      half === 'private'
        ? privateKey.export({ type: 'pkcs8', format: 'pem' })
        : publicKey.export({ type: 'spki', format: 'pem' });
    return encoding === undefined ? String(text) : Buffer.from(text).toString(encoding);
  }
}

function purposeOf(name: string): string {
  return name.toUpperCase().replace(/_?(PRIVATE|PUBLIC|PRIV|PUB)/, '');
}

import { createHash } from 'node:crypto';

const WORDS =
  'amber anchor basil bridge cedar cloud copper coral dawn delta ember falcon fern flint garnet glade harbor hazel indigo iris jasper juniper kelp lagoon larch linen maple marble meadow mint moss nectar nickel oasis ochre olive onyx opal orchid pebble pine plum quartz quill raven reed ridge river saffron sage sierra slate spruce stone summit thistle thyme topaz tulip umber velvet violet walnut willow zephyr'.split(
    ' ',
  );

/**
 * Random values that an app can't foresee, and that repeat when the seed does.
 * A stream of its own for each (seed, scope), so that criteria don't shift each other's values.
 */
export class Values {
  readonly #seed: string;
  #counter = 0;

  constructor(seed: string, scope: string) {
    this.#seed = `${seed}\0${scope}`;
  }

  /** A whole number in [min, max], both included. */
  int(min: number, max: number): number {
    const hash = createHash('sha256').update(`${this.#seed}\0${this.#counter++}`).digest();
    return min + Number(hash.readBigUInt64BE() % BigInt(max - min + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new RangeError('pick needs at least one item');
    return item;
  }

  /** One lower-case English word. */
  word(): string {
    return this.pick(WORDS);
  }

  /** Two words and a number: readable, and unlikely to be met twice. */
  phrase(): string {
    return `${this.word()} ${this.word()} ${this.int(1000, 999_999)}`;
  }

  /** Lower-case letters and digits. */
  token(length = 12): string {
    return Array.from({ length }, () => 'abcdefghijklmnopqrstuvwxyz0123456789'[this.int(0, 35)]).join('');
  }

  email(): string {
    return `${this.word()}.${this.token(8)}@example.com`;
  }

  /** Meets the usual password rules: 14 characters, upper and lower case, a digit, a sign. */
  password(): string {
    return `${this.token(10)}Kx7!`;
  }

  name(): string {
    const upper = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
    return `${upper(this.word())} ${upper(this.word())}`;
  }

  /** By name, for templates in rubrics: `{{random.email}}`. undefined for a name that is not known. */
  byName(name: string): string | number | undefined {
    switch (name) {
      case 'word':
        return this.word();
      case 'phrase':
        return this.phrase();
      case 'token':
        return this.token();
      case 'email':
        return this.email();
      case 'password':
        return this.password();
      case 'name':
        return this.name();
      case 'int':
        return this.int(1, 1_000_000);
      case 'price':
        return this.int(100, 99_999) / 100;
      default:
        return undefined;
    }
  }
}

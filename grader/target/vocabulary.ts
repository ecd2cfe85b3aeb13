import type { BoundOperation } from './binding.ts';
import { type Contract, isList, mayVary, type Operation, splitRequest } from './contract.ts';
import { isParameter, segmentsOf } from './match-route.ts';
import { plainSegment, singular } from './place-words.ts';
import { learnTakes } from './refusal.ts';
import type { Gives, Takes } from './shape.ts';
import type { SourceSigns } from './signs.ts';

/** An app's words for the contract's fields: what was learnt of one operation holds for all on the same thing. */
export class Vocabulary {
  readonly #contract: Contract;
  readonly #signs: SourceSigns;
  /** The app's names of fields, by noun. */
  readonly #names = new Map<string, Record<string, string>>();

  constructor(contract: Contract, signs: SourceSigns) {
    this.#contract = contract;
    this.#signs = signs;
  }

  /** Takes down the names that an answer showed. */
  remember(name: string, operation: Operation, gives: Gives): void {
    const names = isList(this.#contract, name) ? (gives.items ?? {}) : gives.names;
    const simple = Object.entries(names).filter(([field, path]) => field !== 'id' && /^\w+$/.test(path));
    const noun = nounOf(operation);
    this.#names.set(noun, { ...this.#names.get(noun), ...Object.fromEntries(simple) });
  }

  /** The names that are known for the fields of an operation's requests, beside what its own refusals told. */
  takesOf(operation: Operation, learnt: Takes = { names: {}, adds: {} }): Takes {
    if (!mayVary(operation, 'names')) return learnt;
    const known = this.#names.get(nounOf(operation)) ?? {};
    const fields = Object.keys({ ...operation.body, ...operation.query });
    const names = fields.flatMap((field) => {
      const name = known[field];
      return name !== undefined && !this.isTaken(field) ? [[field, name] as const] : [];
    });
    return { names: { ...Object.fromEntries(names), ...learnt.names }, adds: learnt.adds };
  }

  /** An operation's answer may have fields that its `gives` does not name, and another's does. */
  withNames(name: string, operation: Operation, route: BoundOperation): BoundOperation {
    const known = this.#names.get(nounOf(operation)) ?? {};
    const list = isList(this.#contract, name);
    const givesThing = list || (operation.gives !== undefined && Object.hasOwn(operation.gives, 'id'));
    if (Object.keys(known).length === 0 || !givesThing || !mayVary(operation, 'names')) return route;
    const gives = route.gives ?? { envelope: '', names: {} };
    return {
      ...route,
      gives: list
        ? { ...gives, items: { ...known, ...gives.items } }
        : { ...gives, names: { ...known, ...gives.names } },
    };
  }

  /** Whether the source takes a field of that name from bodies. */
  readonly isTaken = (field: string): boolean => {
    const { bodies, words } = this.#signs;
    return bodies.length > 0 ? bodies.some((fields) => fields.includes(field)) : words.has(field);
  };

  /** What the source takes from the likest body, where a refusal does not name it. */
  guess(takes: Takes, sample: Readonly<Record<string, unknown>>): Takes {
    const fields = Object.keys(sample);
    const overlap = (body: readonly string[]) => body.filter((field) => fields.includes(field)).length;
    const bodies = this.#signs.bodies.filter((body) => body.some((field) => !fields.includes(field)));
    const [likest] = bodies.toSorted((a, b) => overlap(b) - overlap(a));
    if (likest === undefined) return takes;
    const named = likest.filter((field) => !fields.includes(field)).map((field) => ({ name: field, says: '' }));
    return learnTakes(takes, named, sample, this.isTaken);
  }
}

/** Such as `todo`: what an operation is about. */
export function nounOf(operation: Operation): string {
  const first = segmentsOf(splitRequest(operation)[1]).find((segment) => !isParameter(segment)) ?? '';
  return first === 'auth' ? 'user' : singular(plainSegment(first));
}

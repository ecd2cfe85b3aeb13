import { BEARER, type Binding } from './binding.ts';
import { type Contract, mayVary } from './contract.ts';
import { type Doubt, doubtsOf } from './doubts.ts';
import type { FoundRoute } from './found-route.ts';
import { findPlaces, type Places } from './places.ts';
import type { SourceSigns } from './signs.ts';

/** What an app's files say of how the contract maps onto it. */
export interface Settled {
  binding: Binding;
  places: Places;
  /** What has to be seen live; empty where the files settle everything. */
  doubts: Doubt[];
}

/** Fields under which apps say what went wrong, where it is not `error`. */
const ERROR_FIELDS = ['message', 'msg', 'errors', 'detail', 'errorMessage'];

/**
 * Binds a contract by files alone. Pure.
 *
 * @param named routes of the learner's `grade.yaml`, by operation
 */
export function settle(
  contract: Contract,
  found: readonly FoundRoute[],
  signs: SourceSigns,
  named: Readonly<Record<string, string>> = {},
): Settled {
  const places = findPlaces(contract, found, named);
  const operations = Object.values(contract);
  const closed = operations.filter(({ auth }) => auth);
  const [way] = signs.tokenWays;
  const token = signs.tokenWays.length === 1 && way && closed.some((one) => mayVary(one, 'token')) ? way : BEARER;
  const errorField = operations.some((one) => mayVary(one, 'names')) ? errorFieldOf(signs) : undefined;
  return {
    binding: { routes: places.routes, token, ...(errorField === undefined ? {} : { errorField }), assumptions: [] },
    places,
    doubts: doubtsOf(contract, places, signs),
  };
}

/** Where an app that has no `error` in its answers says what went wrong. */
function errorFieldOf({ answerFields, words }: SourceSigns): string | undefined {
  // An app may answer by a helper of its own: then only the words are left to go by.
  const seen = ['error', ...ERROR_FIELDS].some((field) => answerFields.has(field)) ? answerFields : words;
  return seen.has('error') ? undefined : ERROR_FIELDS.find((field) => seen.has(field));
}

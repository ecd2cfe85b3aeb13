import type { Variable } from './variable.ts';

/**
 * The variables that an app can't do without and nobody has set: read somewhere without a default, and not only
 * looked at. NODE_ENV and its like are unset on purpose.
 *
 * @param isSet whether somebody gives a variable its value
 */
export function missingVariables(variables: readonly Variable[], isSet: (name: string) => boolean): Variable[] {
  return variables.filter(({ name, required, meaning }) => required && meaning.kind !== 'mode' && !isSet(name));
}

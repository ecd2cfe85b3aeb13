import { isOptional, type Operation, typeOf } from './contract.ts';
import type { Values } from './values.ts';

/**
 * A body that an app should take: every field that is not optional, with a plausible value.
 *
 * @param idOf the id of something made before, by a noun such as `user`: for `userId`
 */
export function sampleBody(
  { body = {} }: Operation,
  values: Values,
  idOf: (noun: string) => string | number | undefined,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, type]) => !isOptional(type))
      .map(([name, type]) => [name, valueFor(name, typeOf(type), values, idOf)]),
  );
}

/**
 * Headers that an app should take, beside those that carry a token.
 *
 * @param idOf the id of something made before: for `X-User-Id`
 */
export function sampleHeaders(
  { headers = {} }: Operation,
  values: Values,
  idOf: (noun: string) => string | number | undefined,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([, type]) => !isOptional(type))
      .map(([name, type]) => [
        name,
        String(valueFor(name.toLowerCase().replace(/^x-/, ''), typeOf(type), values, idOf)),
      ]),
  );
}

function valueFor(
  name: string,
  type: string,
  values: Values,
  idOf: (noun: string) => string | number | undefined,
): unknown {
  const noun = /^(\w+?)[-_]?[iI]d$/.exec(name)?.[1];
  const id = noun === undefined ? undefined : idOf(noun);
  if (id !== undefined) return id;
  switch (type) {
    case 'integer':
      return 3;
    case 'number':
      return 9.5;
    case 'boolean':
      return true;
    case 'email':
      return values.email();
    case 'password':
      return values.password();
    case 'date':
      return '2030-01-01T00:00:00.000Z';
    case 'array':
      return [];
    case 'object':
      return {};
    default:
      return name === 'name' ? values.name() : values.phrase();
  }
}

import type { Values } from './values.ts';

/** Named values that templates refer to; nested objects are reached by dots. */
export type Variables = Record<string, unknown>;

const TEMPLATE = /\{\{\s*([\w$.[\]-]+)\s*\}\}/g;

/**
 * Fills `{{path}}` in every string of a value. A string that is nothing but one template keeps the
 * type of what it names (`"{{price}}"` → 9.5). `{{random.email}}` and kin draw a new value each time.
 *
 * @throws {TemplateError} where a template names nothing that is known
 */
export function fill<T>(value: T, variables: Variables, values: Values): T {
  return fillAny(value, variables, values) as T;
}

export class TemplateError extends Error {
  override name = 'TemplateError';
}

function fillAny(value: unknown, variables: Variables, values: Values): unknown {
  if (typeof value === 'string') return fillString(value, variables, values);
  if (Array.isArray(value)) return value.map((item) => fillAny(item, variables, values));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillAny(item, variables, values)]));
  }
  return value;
}

function fillString(text: string, variables: Variables, values: Values): unknown {
  const whole = /^\{\{\s*([\w$.[\]-]+)\s*\}\}$/.exec(text);
  if (whole?.[1] !== undefined) return lookUp(whole[1], variables, values);
  return text.replace(TEMPLATE, (_match, path: string) => asText(lookUp(path, variables, values)));
}

/** A value as a part of a text. Not `String(…)`: an object from a submission may have a `toString` that is no function. */
export function asText(value: unknown): string {
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function lookUp(path: string, variables: Variables, values: Values): unknown {
  if (path.startsWith('random.')) {
    const value = values.byName(path.slice('random.'.length));
    if (value !== undefined) return value;
  }
  const found = at(variables, path);
  if (found === undefined) {
    throw new TemplateError(
      `{{${path}}} names nothing: known here are ${Object.keys(variables).join(', ') || 'no variables'} and random.*`,
    );
  }
  return found;
}

/** The value at a dotted path (`body.items[0].id`, `items.0.id`); undefined where it ends early. Own properties only. */
export function at(value: unknown, path: string): unknown {
  let current = value;
  for (const part of path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')) {
    if (part === '') continue;
    if (current === null || typeof current !== 'object' || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<string, unknown>)[part];
  }
  return current;
}

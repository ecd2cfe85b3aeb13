import type { z } from 'zod';
import { Values } from '../target/values.ts';

const TEMPLATE = /\{\{\s*([\w$.[\]-]+)\s*\}\}/g;
const ACCOUNT_FIELDS = ['name', 'email', 'password', 'token', 'registered', 'loggedIn'];

/** A place in a rubric, from the root of a check's parameters. */
export type ParameterPath = (string | number)[];

/** Adds an issue for each template in `value` that could never name anything. */
export function checkTemplates(
  value: unknown,
  known: ReadonlySet<string>,
  path: ParameterPath,
  context: z.RefinementCtx,
): void {
  if (typeof value === 'string') {
    for (const [template, name] of value.matchAll(TEMPLATE)) {
      const message = problemOf(name ?? '', known);
      if (message !== undefined) context.addIssue({ code: 'custom', path, message: `${template} ${message}` });
    }
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value))
      checkTemplates(item, known, [...path, Array.isArray(value) ? Number(key) : key], context);
  }
}

/** Nicknames of users that templates in `value` refer to: `{{account.bob.email}}`. */
export function accountsIn(value: unknown): string[] {
  const text = JSON.stringify(value) ?? '';
  return [...new Set([...text.matchAll(/\{\{\s*account\.(\w+)/g)].map(([, nickname]) => nickname ?? ''))];
}

function problemOf(name: string, known: ReadonlySet<string>): string | undefined {
  const [root = '', second = '', third = ''] = name.split(/[.[]/);
  if (root === 'random') {
    return new Values('', '').byName(second) === undefined ? 'is no kind of random value' : undefined;
  }
  if (root === 'account') {
    return second !== '' && ACCOUNT_FIELDS.includes(third)
      ? undefined
      : `is not one of a user's ${ACCOUNT_FIELDS.join(', ')}`;
  }
  if (known.has(root)) return undefined;
  return `names nothing that is known here (${[...known, 'random.*', 'account.*'].join(', ')})`;
}

import { z } from 'zod';
import { messageOf } from '../../platform/errors.ts';
import { asText } from '../../target/template.ts';
import type { PostgresHandle } from '../../target/target.ts';
import type { Judgement } from '../flow-expectation.ts';

/** Rules that a statement may break, with what Postgres answers then (SQLSTATE). A trigger may keep the rule of a CHECK. */
const RULES = {
  'not-null': { words: 'NOT NULL', states: ['23502'] },
  unique: { words: 'UNIQUE', states: ['23505'] },
  'foreign-key': { words: 'FOREIGN KEY', states: ['23503'] },
  check: { words: 'CHECK', states: ['23514', 'P0001'] },
} as const;

export const refusal = z
  .enum(Object.keys(RULES) as [keyof typeof RULES, ...(keyof typeof RULES)[]])
  .describe('The rule by which Postgres refuses the statement; where it does not, the statement is undone');
export type Refusal = z.infer<typeof refusal>;

/**
 * Tries a statement that breaks a rule. Nothing of it is left, whether it is refused or not.
 *
 * @param parameters for $1, $2; of any type that a literal in quotes can be
 * @throws what the server answers when it can't carry out statements at all
 */
export async function tryStatement(
  postgres: PostgresHandle,
  statement: string,
  parameters: readonly unknown[],
  rule: Refusal,
): Promise<Judgement> {
  const { words, states } = RULES[rule];
  const expected = `refused, because of a ${words} constraint`;
  const filled = statement.replaceAll(/\$(\d+)/g, (_match, number: string) => literal(parameters[Number(number) - 1]));
  try {
    // One message is one transaction. Rules that are looked at when it ends are looked at before it is undone.
    await postgres.query(`${filled}; SET CONSTRAINTS ALL IMMEDIATE; ROLLBACK`);
    return { ok: false, expected, received: 'the statement was carried out' };
  } catch (error) {
    const state = stateOf(error);
    if (!isAnswer(state)) throw error;
    const ok = states.some((one) => one === state);
    return { ok, expected, received: `${ok ? 'refused' : 'another error'}: ${messageOf(error)}` };
  }
}

/**
 * Whether an error is what the server makes of a statement and the tables that it meets, and not trouble of the
 * server's own: data (22), a rule (23), syntax or access (42), a trigger (P0), or a lock that somebody never gave back.
 */
export function isAnswer(state: string): boolean {
  return /^(22|23|42|P0)/.test(state) || ['55P03', '57014'].includes(state);
}

export function stateOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}

function literal(value: unknown): string {
  return value === null || value === undefined ? 'NULL' : `'${asText(value).replaceAll("'", "''")}'`;
}

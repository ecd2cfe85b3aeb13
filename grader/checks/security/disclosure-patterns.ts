/** A trace of the app's inside that does not belong into an answer. */
export interface DisclosurePattern {
  what: string;
  pattern: RegExp;
}

/** Only this much of an answer is searched. Every pattern takes time linear in it. */
export const MAX_SEARCHED_CHARS = 100_000;

/**
 * What error answers give away. Sources: OWASP Web Security Testing Guide, WSTG-ERRH-01 "Improper error
 * handling" and -02 "Stack traces"; OWASP "Error Handling Cheat Sheet"; CWE-209. Written against the texts
 * of Node 24, Express 4 and 5, Mongoose 8, node-postgres 8, Sequelize 6 and Prisma 6.
 */
export const DISCLOSURES: readonly DisclosurePattern[] = [
  {
    what: 'a stack trace',
    pattern:
      /(?:\n|\\n|<br>)(?: |&nbsp;|\\t|\t){1,12}at (?:async |new )?[\w$.<>[\] ]{1,120}\(?(?:file:\/\/|node:|\/|[A-Z]:\\)/,
  },
  {
    what: 'a stack trace',
    pattern: /\bat [^\n]{0,300}(?:\.[cm]?[jt]sx?|<anonymous>|node:[\w/]{1,60}):\d{1,6}:\d{1,6}/,
  },
  { what: 'a path of installed packages', pattern: /node_modules[\\/]/ },
  { what: 'a path of Node’s own modules', pattern: /\bnode:internal\// },
  {
    what: 'a path of a source file',
    pattern:
      /(?:\/(?:app|usr|home|root|srv|var|opt|tmp|workspace|Users)\/|\b[A-Z]:\\{1,2})[\w./\\ -]{0,200}\.(?:[cm]?[jt]sx?|json)\b/,
  },
];

/** Words of database servers and drivers. Sources as above, and WSTG-INPV-05 "SQL injection", WSTG-INPV-05.6 "NoSQL injection". */
export const DATABASE_DISCLOSURES: readonly DisclosurePattern[] = [
  {
    what: 'an SQL error',
    pattern: /syntax error at or near|unterminated quoted string|invalid input syntax for (?:type )?\w+/i,
  },
  { what: 'an SQL error', pattern: /(?:relation|column|function|operator) \\?"?[^"\n]{1,80}\\?"? does not exist/i },
  {
    what: 'an SQL error',
    pattern:
      /(?:duplicate key value violates|violates (?:unique|foreign key|check|not-null) constraint|null value in column)/i,
  },
  { what: 'an SQL error', pattern: /SQLITE_(?:ERROR|CONSTRAINT)|You have an error in your SQL syntax|\bSQLSTATE\b/ },
  {
    what: 'an SQL statement',
    pattern:
      /\b(?:SELECT [^\n]{1,300} FROM|INSERT INTO [^\n]{1,100} (?:\(|VALUES)|UPDATE [^\n]{1,100} SET|DELETE FROM) /,
  },
  {
    what: 'a MongoDB error',
    pattern:
      /E11000 duplicate key|Mongo(?:Server|Network|Bulk\w*|Parse)?Error\b|BSON(?:Type)?Error|unknown operator: \$|Can't use \$\w+/,
  },
  { what: 'a MongoDB error', pattern: /Cast to \w+ failed for value|input must be a 24 character hex string/ },
  {
    what: 'a database library’s error',
    pattern: /Sequelize\w*Error|PrismaClient\w+|QueryFailedError|\bKnexTimeoutError|MongooseError|DrizzleQueryError/,
  },
];

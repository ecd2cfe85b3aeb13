import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import envPaths from 'env-paths';
import { z } from 'zod';
import { messageOf, UsageError } from '../platform/errors.ts';

/** What the server needs to know, secrets included: never logged as a whole. */
export interface ServeConfig {
  appId: number;
  /** PEM. */
  privateKey: string;
  webhookSecret: string;
  /** GitHub's API, without a slash at the end. */
  apiUrl: string;
  /** Where accepted events are kept until they are done, absolute. */
  stateDir: string;
}

/** Each value, what it is for, and what is wrong with it; values of secrets are never repeated. */
const fields = {
  GRADE_APP_ID: {
    what: 'the GitHub App’s number, from its settings page',
    schema: z.coerce.number().int().positive(),
    secret: false,
  },
  GRADE_APP_PRIVATE_KEY: {
    what: 'the App’s private key, the .pem file that GitHub gave',
    // A key in one line, as some panels keep it, has its line ends written as \n.
    schema: z
      .string()
      .transform((text) => text.replaceAll('\\n', '\n').trim())
      .pipe(z.string().regex(/^-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]+-----END [A-Z ]*PRIVATE KEY-----$/)),
    secret: true,
  },
  GRADE_WEBHOOK_SECRET: {
    what: 'the secret of the App’s webhook, 16 characters or more',
    schema: z.string().trim().min(16),
    secret: true,
  },
} as const;

const optional = z.object({
  GRADE_GITHUB_API: z
    .url({ protocol: /^https?$/ })
    .default('https://api.github.com')
    .transform((url) => url.replace(/\/+$/, '')),
  GRADE_STATE_DIR: z.string().default(envPaths('grade', { suffix: '' }).data),
});

/**
 * Reads what the server needs from the environment. A secret stands in its variable, or in the file that the
 * variable with `_FILE` after its name points to.
 *
 * @throws {UsageError} with a line for each value that is missing or wrong
 */
export function readServeConfig(
  environment: Readonly<Record<string, string | undefined>>,
  readFile: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): ServeConfig {
  const problems: string[] = [];
  const read = <Name extends keyof typeof fields>(name: Name): z.infer<(typeof fields)[Name]['schema']> | undefined => {
    const { what, schema, secret } = fields[name];
    const problem = (text: string) => void problems.push(`${name} ${text}: it is ${what}`);
    const value = environment[name] || undefined;
    const file = (secret && environment[`${name}_FILE`]) || undefined;
    if (value !== undefined && file !== undefined) return problem(`is set twice, also as ${name}_FILE`) as undefined;
    let text = value;
    if (file !== undefined) {
      try {
        text = readFile(file);
      } catch (error) {
        return problem(`can’t be read from ${file} (${messageOf(error)})`) as undefined;
      }
    }
    if (text === undefined) return problem(`is missing${secret ? ` (or ${name}_FILE)` : ''}`) as undefined;
    const { success, data } = schema.safeParse(text);
    if (!success) return problem('is not as it should be') as undefined;
    return data as z.infer<(typeof fields)[Name]['schema']>;
  };
  const appId = read('GRADE_APP_ID');
  const privateKey = read('GRADE_APP_PRIVATE_KEY');
  const webhookSecret = read('GRADE_WEBHOOK_SECRET');
  const filled = Object.fromEntries(Object.entries(environment).filter(([, value]) => value));
  const { data: rest, error } = optional.safeParse(filled);
  for (const issue of error?.issues ?? []) problems.push(`${issue.path.join('.')}: ${issue.message}`);
  if (appId === undefined || privateKey === undefined || webhookSecret === undefined || rest === undefined) {
    throw new UsageError(
      `the server’s configuration is not complete:\n${problems.map((line) => `  ${line}`).join('\n')}`,
      {
        mend: 'Set these variables; README tells where each comes from.',
      },
    );
  }
  return {
    appId,
    privateKey,
    webhookSecret,
    apiUrl: rest.GRADE_GITHUB_API,
    stateDir: resolve(rest.GRADE_STATE_DIR),
  };
}

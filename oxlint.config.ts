import { defineConfig } from 'oxlint';

/** Packages that one place owns; everything else goes through that place. */
const OWNED = {
  testcontainers: 'platform/docker/ owns Testcontainers.',
  autocannon: 'checks/load/ owns autocannon.',
  execa: 'platform/process.ts owns execa.',
  octokit: 'reporters/github-check/ and serve/ own octokit.',
} as const;

/** A rule that bans folders (by the names they have under grader/) and every owned package but `mayUse`. */
function imports(bannedFolders: readonly string[], why: string, mayUse: readonly (keyof typeof OWNED)[] = []) {
  const packages = Object.entries(OWNED).filter(([name]) => !mayUse.some((allowed) => allowed === name));
  return {
    'no-restricted-imports': [
      'error',
      {
        paths: packages.map(([name, message]) => ({ name, message, allowTypeImports: true })),
        patterns: bannedFolders.map((folder) => ({ group: [`**/${folder}/**`], message: why })),
      },
    ],
  } as const;
}

const FOLDERS = ['rubric', 'target', 'checks', 'services', 'submission', 'engine', 'scoring', 'reporters', 'commands'];
const CHECKS_RULE = 'Checks import target/, platform/, report/ and their own helpers only.';
const PLATFORM_RULE = 'platform/ imports nothing from the other folders.';
const REPORTERS_RULE = 'Reporters import report/ and platform/ only.';
const BAN_FOR_REPORTERS = FOLDERS.filter((folder) => folder !== 'reporters');
const BAN_FOR_CHECKS = ['services', 'submission', 'engine', 'scoring', 'reporters', 'commands', 'rubric'];

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'import', 'node', 'promise', 'oxc'],
  categories: { correctness: 'error', suspicious: 'error', perf: 'error' },
  ignorePatterns: ['fixtures/**', 'dist/**'],
  rules: {
    'no-console': 'error',
    'node/no-process-env': 'error',
    'unicorn/no-process-exit': 'error',
    'import/no-cycle': 'error',
    'typescript/consistent-type-imports': 'error',
    'typescript/no-explicit-any': 'error',
    'typescript/no-non-null-assertion': 'error',
    // Loops that wait are how rounds, polls and steps are written here.
    'no-await-in-loop': 'off',
    // Small pure helpers read best beside their one use.
    'unicorn/consistent-function-scoping': 'off',
    // Messages go to worker threads here: there is no window, and no origin.
    'unicorn/require-post-message-target-origin': 'off',
    'oxc/no-map-spread': 'off',
    'import/no-unassigned-import': 'off',
    // `pg` is CommonJS: its default export is the way in.
    'import/no-named-as-default-member': 'off',
    // JSON Schema has a keyword `then`.
    'unicorn/no-thenable': 'off',
    'unicorn/prefer-set-has': 'off',
    ...imports([], ''),
  },
  overrides: [
    {
      files: ['grader/cli.ts', 'grader/bin.js', 'grader/bench/**', 'grader/reshape/cli.ts'],
      rules: { 'node/no-process-env': 'off', 'unicorn/no-process-exit': 'off', 'no-console': 'off' },
    },
    { files: ['grader/platform/**'], rules: imports([...FOLDERS, 'report'], PLATFORM_RULE) },
    { files: ['grader/platform/docker/**'], rules: imports([...FOLDERS, 'report'], PLATFORM_RULE, ['testcontainers']) },
    { files: ['grader/platform/process.ts'], rules: imports([...FOLDERS, 'report'], PLATFORM_RULE, ['execa']) },
    {
      files: ['grader/report/**'],
      rules: imports([...FOLDERS, 'platform'], 'report/ imports nothing from the other folders.'),
    },
    {
      files: ['grader/target/**'],
      rules: imports(
        FOLDERS.filter((folder) => folder !== 'target'),
        'target/ imports report/ and platform/ only.',
      ),
    },
    { files: ['grader/checks/**'], rules: imports(BAN_FOR_CHECKS, CHECKS_RULE) },
    { files: ['grader/checks/load/**'], rules: imports(BAN_FOR_CHECKS, CHECKS_RULE, ['autocannon']) },
    {
      files: ['grader/reporters/**'],
      rules: imports(BAN_FOR_REPORTERS, REPORTERS_RULE),
    },
    { files: ['grader/reporters/github-check/**'], rules: imports(BAN_FOR_REPORTERS, REPORTERS_RULE, ['octokit']) },
    { files: ['grader/serve/**'], rules: imports([], '', ['octokit']) },
    {
      files: ['grader/engine/**'],
      rules: imports(
        ['reporters', 'commands', 'services', 'submission'],
        'The engine never imports a reporter, or what it is given.',
      ),
    },
    {
      files: ['grader/scoring/**'],
      rules: imports(
        FOLDERS.filter((folder) => folder !== 'scoring').concat('platform'),
        'scoring/ is pure: it imports report/ only.',
      ),
    },
    {
      files: ['grader/services/**'],
      rules: imports(
        ['checks', 'submission', 'engine', 'scoring', 'reporters', 'commands'],
        'services/ imports target/ and platform/ only.',
      ),
    },
    {
      // Tests put the real parts together, whatever folder they lie in.
      files: ['**/*.test.ts'],
      rules: {
        'no-restricted-imports': 'off',
        'node/no-process-env': 'off',
        'typescript/no-non-null-assertion': 'off',
        'typescript/no-explicit-any': 'off',
      },
    },
  ],
});

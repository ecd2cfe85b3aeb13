import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { writeTree } from '../runtimes/testbed.ts';
import { detect } from './detect.ts';

const APP = `require('express')().listen(process.env.PORT)`;
const TABLE = 'CREATE TABLE todos (id serial);';

async function found(packages: string[], files: Record<string, string>, scripts: Record<string, string> = {}) {
  await using dir = await tempDir('t');
  const dependencies = Object.fromEntries(['express', ...packages].map((name) => [name, '*']));
  await writeTree(dir.path, {
    'package.json': JSON.stringify({ scripts: { start: 'node app.js', ...scripts }, dependencies }),
    'app.js': APP,
    ...files,
  });
  await using submission = await checkout(dir.path, { rubric: 'day-06', path: process.env['PATH'] ?? '' });
  const { migrate, tools } = await detect(submission);
  const shown = migrate.map((one) => ('command' in one ? one.command.join(' ') : one.sql.join(' ')));
  return { migrate: shown.join('; '), tools: Object.keys(tools).join(), because: migrate[0]?.because };
}

describe('what makes the schema before the app starts', () => {
  const cases: [string, string[], Record<string, string>, Record<string, string>, string, string?][] = [
    [
      'a script of sequelize-cli',
      ['pg', 'sequelize', 'sequelize-cli'],
      {},
      { 'db:migrate': 'sequelize-cli db:migrate' },
      'sequelize-cli db:migrate',
    ],
    [
      'sequelize without a script',
      ['pg', 'sequelize'],
      { '.sequelizerc': '' },
      {},
      'sequelize-cli db:migrate',
      'sequelize-cli',
    ],
    ['knex without a script', ['pg', 'knex'], { 'knexfile.js': '' }, {}, 'knex migrate:latest --knexfile knexfile.js'],
    [
      'knex through npx',
      ['pg', 'knex'],
      { 'knexfile.js': '' },
      { migrate: 'npx knex migrate:latest' },
      'knex migrate:latest',
    ],
    [
      'node-pg-migrate, whose script lacks the word',
      ['pg', 'node-pg-migrate'],
      {},
      { migrate: 'node-pg-migrate' },
      'node-pg-migrate up',
    ],
    [
      'a script of the learner’s own',
      ['pg'],
      { 'scripts/setup.js': '' },
      { 'db:setup': 'node scripts/setup.js' },
      'node scripts/setup.js',
    ],
    [
      'a script that needs psql, whose file is run instead',
      ['pg'],
      { 'db/schema.sql': TABLE },
      { 'db:init': 'psql $DATABASE_URL -f db/schema.sql' },
      'db/schema.sql',
    ],
    ['a schema', ['pg'], { 'schema.sql': TABLE, 'seed.sql': 'INSERT' }, {}, 'schema.sql'],
    [
      'several SQL migrations',
      ['pg'],
      { 'migrations/002_b.sql': TABLE, 'migrations/001_a.sql': TABLE, 'migrations/001_a.down.sql': 'DROP' },
      {},
      'migrations/001_a.sql migrations/002_b.sql',
    ],
    [
      'what compose mounts',
      ['pg'],
      {
        'docker-compose.yml': 'services:\n  db:\n    volumes: [ "./sql/a.sql:/docker-entrypoint-initdb.d/a.sql" ]\n',
        'sql/a.sql': TABLE,
        'other.sql': TABLE,
      },
      {},
      'sql/a.sql',
    ],
    [
      'Prisma’s migrations, without its engines',
      ['@prisma/client'],
      {
        'prisma/schema.prisma': 'provider = "postgresql"',
        'prisma/migrations/2_b/migration.sql': TABLE,
        'prisma/migrations/1_a/migration.sql': TABLE,
      },
      { migrate: 'prisma migrate dev' },
      'prisma/migrations/1_a/migration.sql prisma/migrations/2_b/migration.sql',
      'pg',
    ],
    [
      'Drizzle’s migrations',
      ['pg', 'drizzle-orm', 'drizzle-kit'],
      { 'drizzle.config.ts': `export default { out: './db/out' }`, 'db/out/0000_a.sql': TABLE },
      { 'db:migrate': 'drizzle-kit migrate' },
      'db/out/0000_a.sql',
    ],
    [
      'none: the start script does it',
      ['pg', 'knex'],
      { 'knexfile.js': '' },
      { start: 'knex migrate:latest && node app.js' },
      '',
    ],
    [
      'none: the app does it',
      ['pg', 'sequelize'],
      { 'app.js': `${APP}; require('./db')`, 'db.js': 'sequelize.sync()', 'schema.sql': TABLE },
      {},
      '',
    ],
    [
      'none: the app runs the file',
      ['pg'],
      { 'app.js': `${APP}; fs.readFileSync('schema.sql')`, 'schema.sql': TABLE },
      {},
      '',
    ],
    ['none: no Postgres', ['mysql2'], { 'schema.sql': TABLE }, {}, ''],
    ['none: nothing to run', ['pg'], {}, {}, ''],
  ];
  for (const [title, packages, files, scripts, migrate, tools = ''] of cases) {
    test(title, async () => {
      const { because, ...rest } = await found(packages, files, scripts);
      assert.deepEqual(rest, { migrate, tools });
      assert.equal(because === undefined, migrate === '');
    });
  }
});

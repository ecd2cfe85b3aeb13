import { posix } from 'node:path';
import { parse } from 'yaml';
import type { Migration } from '../submission.ts';
import type { AppView } from './app-view.ts';
import { commandWords } from './command-line.ts';
import { reachableFrom } from './listening.ts';
import { ownScript } from './scripts.ts';
import { formatSteps } from './shell-line.ts';
import { simplify } from './simplify.ts';

/** Migrations of a submission, and the packages that they use and package.json does not declare. */
export interface FoundMigrations {
  migrate: Migration[];
  tools: Record<string, string>;
}

const NONE: FoundMigrations = { migrate: [], tools: {} };
/** What a start command runs when it sees to the schema itself. */
const IN_START = /migrat|db:push|db push|db:setup|sequelize|drizzle-kit|typeorm/i;
/** Calls by which an app sees to its schema as it starts. */
const IN_SOURCE =
  /\bmigrate\.latest\s*\(|(sequelize|db|database|connection|models)\.sync\s*\(|runMigrations\s*\(|synchronize\s*:\s*true|migrationsRun\s*:\s*true|drizzle-orm\/[\w-]+\/migrator|\bumzug\b|CREATE\s+TABLE|schema\.createTable/i;
/** Scripts that make the schema, best first. */
const SCRIPTS = [
  /^(db:|database:|knex:|pg:)?migrate(:(up|latest|deploy|run|prod|all))?$/,
  /^(migration|migrations|typeorm|db:migration|db:migrations)(:(up|run|latest|deploy|migration:run))$/,
  /^(db:|database:)(push|setup|init|schema|create-tables|tables|sync)$/,
  /^(setup|init|create)[:-](db|database|tables|schema)$/,
  /^(initdb|init-db|migrations)$/,
];
/** Programs that make a schema by SQL files, or that are not there while grading. */
const NOT_HERE = /^(psql|docker|docker-compose|createdb|dropdb|pg_restore|supabase|atlas|flyway|dbmate)$/;

/**
 * Finds what makes the schema of the app's database before the app starts: migrations of the usual tools, a
 * script of package.json, SQL files. Nothing where the app sees to it itself.
 *
 * @param line the start command
 * @param entry the file that it runs, relative to the app's folder, where that is known
 */
export function findMigrations(app: AppView, line: string, entry: string | undefined): FoundMigrations {
  if (IN_START.test(line)) return NONE;
  const found = prisma(app) ?? drizzle(app) ?? byScript(app) ?? byTool(app) ?? bySql(app);
  if (found === undefined) return NONE;
  const running = entry === undefined ? [] : reachableFrom(app, entry).map((file) => app.text(file) ?? '');
  const files = found.migrate.flatMap((one) => ('sql' in one ? one.sql : []));
  const applied = (file: string) => running.some((text) => text.includes(posix.basename(file)));
  return running.some((text) => IN_SOURCE.test(text)) || files.some(applied) ? NONE : found;
}

/** Prisma keeps its migrations as SQL, so that they need none of its engines. */
function prisma(app: AppView): FoundMigrations | undefined {
  const schema = ['prisma/schema.prisma', 'schema.prisma'].find((file) => app.has(file));
  if (schema === undefined || !/provider\s*=\s*"postgres/.test(app.text(schema) ?? '')) return undefined;
  const files = filesBelow(app, `${posix.dirname(schema)}/migrations`, /\/migration\.sql$/);
  if (files.length > 0)
    return sql(app, files, `${schema} with ${files.length} migration${files.length === 1 ? '' : 's'} beside it`);
  return {
    migrate: [
      {
        command: ['prisma', 'db', 'push', '--skip-generate', '--accept-data-loss'],
        because: `${schema}, which has no migrations`,
      },
    ],
    tools: {},
  };
}

/** Drizzle keeps its migrations as SQL, too. */
function drizzle(app: AppView): FoundMigrations | undefined {
  const config = ['ts', 'js', 'mjs', 'mts', 'json'].map((end) => `drizzle.config.${end}`).find((file) => app.has(file));
  if (config === undefined) return undefined;
  const folder = posix.normalize(/\bout["']?\s*:\s*["']([^"']+)["']/.exec(app.text(config) ?? '')?.[1] ?? 'drizzle');
  const files = filesBelow(app, folder, /\.sql$/);
  if (files.length > 0) return sql(app, files, `${config}, whose migrations are in ${folder}`);
  if (!app.declares('drizzle-kit')) return undefined;
  return {
    migrate: [
      { command: ['drizzle-kit', 'push', '--force'], because: `${config}, which has no migrations in ${folder}` },
    ],
    tools: {},
  };
}

function byScript(app: AppView): FoundMigrations | undefined {
  const names = Object.keys(app.manifest?.scripts ?? {});
  for (const pattern of SCRIPTS)
    for (const name of names.filter((one) => pattern.test(one))) {
      const simple = simplify(ownScript(app.manifest, name) ?? '', app);
      if (simple === undefined || 'missing' in simple) continue;
      const { steps, tools } = simple;
      if (steps.length === 0 || steps.some(({ words }) => NOT_HERE.test(words[0]?.value ?? ''))) continue;
      for (const step of steps) completeWords(step);
      return {
        migrate: [
          { command: commandWords(formatSteps(steps)), because: `${app.placeOf(name)} has a script "${name}"` },
        ],
        tools,
      };
    }
  return undefined;
}

/** What people type after a script's name. */
function completeWords(step: { words: { raw: string; value: string }[] }): void {
  const [tool, ...rest] = step.words.map(({ value }) => value);
  const bare = !rest.some((word) => !word.startsWith('-'));
  const more = tool === 'node-pg-migrate' && bare ? 'up' : tool === 'knex' && bare ? 'migrate:latest' : undefined;
  if (more !== undefined) step.words = [...step.words.slice(0, 1), { raw: more, value: more }, ...step.words.slice(1)];
  if (tool === 'prisma' && rest[0] === 'migrate' && rest[1] === 'dev')
    step.words = ['prisma', 'migrate', 'deploy'].map((value) => ({ raw: value, value }));
}

/** Tools whose files are there, where no script calls them. */
function byTool(app: AppView): FoundMigrations | undefined {
  const knexfile = ['js', 'cjs', 'mjs', 'ts'].map((end) => `knexfile.${end}`).find((file) => app.has(file));
  if (knexfile !== undefined && app.declares('knex')) {
    const typed = knexfile.endsWith('.ts');
    const command = typed
      ? ['sh', '-c', `NODE_OPTIONS='--import tsx' knex migrate:latest --knexfile ${knexfile}`]
      : ['knex', 'migrate:latest', '--knexfile', knexfile];
    return { migrate: [{ command, because: knexfile }], tools: typed && !app.declares('tsx') ? { tsx: '^4.0.0' } : {} };
  }
  const [migration] = filesBelow(app, 'migrations', /\.[cm]?[jt]s$/);
  const sequelizerc = app.has('.sequelizerc');
  if (app.declares('sequelize') && (sequelizerc || (migration !== undefined && app.declares('sequelize-cli')))) {
    return {
      migrate: [{ command: ['sequelize-cli', 'db:migrate'], because: sequelizerc ? '.sequelizerc' : `${migration}` }],
      tools: app.declares('sequelize-cli') ? {} : { 'sequelize-cli': '^6.0.0' },
    };
  }
  if (app.declares('node-pg-migrate') && migration !== undefined)
    return { migrate: [{ command: ['node-pg-migrate', 'up'], because: migration }], tools: {} };
  return undefined;
}

const POSTGRES = ['pg', 'postgres', 'pg-promise', 'slonik', '@vercel/postgres', '@neondatabase/serverless'];
/** Names of files that make a schema, best first. */
const SCHEMA_FILES = /(^|\/)(schema|init|database|db|tables|create[-_]?tables?|setup|migration|structure|ddl)\.sql$/i;
const UNDOES = /(^|[/._-])(down|rollback|drop|revert|undo|reset|seeds?|queries|query|test)[._-]?[^/]*\.sql$/i;

/** SQL files that make a schema. */
function bySql(app: AppView): FoundMigrations | undefined {
  if (!POSTGRES.some((name) => app.declares(name))) return undefined;
  const mounted = composeMounts(app);
  if (mounted !== undefined) return sql(app, mounted.files, mounted.because);
  const all = filesBelow(app, '', /\.sql$/i).filter((file) => !UNDOES.test(file));
  const migrations = all.filter((file) => /(^|\/)migrations?\//.test(file) && !/\.(do|undo)\./.test(file));
  const schema = all
    .filter((file) => SCHEMA_FILES.test(file))
    .toSorted((a, b) => a.split('/').length - b.split('/').length || a.localeCompare(b));
  const chosen =
    migrations.length > 0 ? migrations : schema.length > 0 ? schema.slice(0, 1) : all.length === 1 ? all : [];
  const makes = chosen.filter((file) => /CREATE\s+(TABLE|SCHEMA|TYPE)/i.test(app.text(file) ?? ''));
  if (makes.length === 0) return undefined;
  return sql(app, chosen, `${chosen.slice(0, 3).join(', ')}, which the app does not run itself`);
}

/** Files that a compose file mounts for the database's first start. */
function composeMounts(app: AppView): { files: string[]; because: string } | undefined {
  for (const name of ['docker-compose.yml', 'docker-compose.yaml', 'compose.yml', 'compose.yaml']) {
    const text = app.text(name);
    if (text === undefined || !text.includes('docker-entrypoint-initdb.d')) continue;
    let document: unknown;
    try {
      document = parse(text, { maxAliasCount: 100 });
    } catch {
      continue;
    }
    const services = Object.values(
      (document as { services?: Record<string, { volumes?: unknown }> } | null)?.services ?? {},
    );
    const sources = services
      .flatMap((service) => (Array.isArray(service?.volumes) ? (service.volumes as unknown[]) : []))
      .flatMap((volume) => {
        const long = volume as { source?: unknown; target?: unknown } | null;
        const [source, target] =
          typeof volume === 'string' ? volume.split(':') : [String(long?.source), String(long?.target)];
        return target?.startsWith('/docker-entrypoint-initdb.d') && source !== undefined
          ? [posix.normalize(source)]
          : [];
      });
    const files = sources.flatMap((source) =>
      app.has(source) ? [source] : filesBelow(app, source.replace(/\/$/, ''), /\.sql$/i),
    );
    if (files.length > 0) return { files, because: `${name} mounts them for the database's first start` };
  }
  return undefined;
}

function sql(app: AppView, files: readonly string[], because: string): FoundMigrations {
  return { migrate: [{ sql: [...files], because }], tools: app.declares('pg') ? {} : { pg: '^8.0.0' } };
}

/** Files of the app below a folder, relative to the app's, sorted. */
function filesBelow(app: AppView, folder: string, name: RegExp): string[] {
  const start = posix.join(app.folder, folder);
  const within = start === '' || start === '.' ? '' : `${start}/`;
  const own = app.folder === '' ? '' : `${app.folder}/`;
  return app.sources.paths
    .filter((path) => path.startsWith(within) && name.test(path))
    .map((path) => path.slice(own.length));
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { writeTree } from '../runtimes/testbed.ts';
import { viewApp } from './app-view.ts';
import { formatSteps } from './shell-line.ts';
import { simplify } from './simplify.ts';

const SCRIPTS = {
  server: 'nodemon server.js',
  client: 'cd client && npm start',
  dev: 'npm run server',
  loop: 'npm run loop',
};

/** A line of package.json, as it is run. */
async function tamed(line: string, declared: string[] = [], files: Record<string, string> = {}) {
  await using dir = await tempDir('t');
  const devDependencies = Object.fromEntries(declared.map((name) => [name, '*']));
  const manifest = { main: 'app.js', scripts: SCRIPTS, devDependencies };
  await writeTree(dir.path, { 'package.json': JSON.stringify(manifest), ...files });
  await using submission = await checkout(dir.path, { rubric: 'day-02', path: process.env['PATH'] ?? '' });
  const app = await viewApp(submission);
  const simple = simplify(line, app);
  assert.ok(simple !== undefined && 'steps' in simple);
  const { steps, tools, notes } = simple;
  return { line: formatSteps(steps), tools, notes };
}

const same = async (
  cases: readonly (readonly [string, string])[],
  declared: string[] = [],
  files: Record<string, string> = {},
) => {
  for (const [line, plain] of cases) assert.equal((await tamed(line, declared, files)).line, plain, line);
};

test('watchers are taken out, and nothing else', async () => {
  const declared = ['nodemon', 'ts-node', 'tsx', 'typescript'];
  const cases = [
    ['nodemon server.js', 'node server.js'],
    ['npx nodemon --watch src src/index.js', 'node src/index.js'],
    ['NODE_ENV=x nodemon src/app.ts', 'NODE_ENV=x ts-node src/app.ts'],
    ['nodemon --exec tsx src/a.ts', 'tsx src/a.ts'],
    ['nodemon --exec "node -r dotenv/config" src/a.js', 'node -r dotenv/config src/a.js'],
    ['nodemon -e ts,json --exec ts-node ./src/a.ts', 'ts-node ./src/a.ts'],
    ['nodemon src/server.js --ext js,json', 'node src/server.js --ext js,json'],
    ['nodemon', 'node app.js'],
    ['nodemon .', 'node .'],
    ['nodemon -L --delay 2 index', 'node index'],
    ['node --watch server.js', 'node server.js'],
    ['node --watch --env-file=.env server.js', 'node server.js'],
    ['node --watch-path=./src --env-file=app.env server.js', 'node --env-file=app.env server.js'],
    ['node --inspect-brk server.js', 'node server.js'],
    ['tsx watch src/a.ts', 'tsx src/a.ts'],
    ['tsx watch --clear-screen=false src/a.ts', 'tsx src/a.ts'],
    ['ts-node-dev --respawn src/a.ts', 'ts-node src/a.ts'],
    ['nest start --watch', 'nest start'],
    ['node server.js', 'node server.js'],
    ['node -r dotenv/config server.js', 'node -r dotenv/config server.js'],
  ] as const;
  await same(cases, declared, { 'app.env': '' });
  for (const [line, plain] of cases) {
    if (line === 'nodemon .') continue;
    assert.equal((await tamed(line, declared, { 'app.env': '' })).notes.size === 0, line === plain, line);
  }
});

test('scripts that call scripts become the command at their end', async () => {
  await same([
    ['npm run dev', 'node server.js'],
    ['yarn dev', 'node server.js'],
    ['pnpm run server', 'node server.js'],
    ['NODE_ENV=x npm run server -- --port 3', 'NODE_ENV=x node server.js --port 3'],
  ]);
});

test('process managers do not take the app away', async () => {
  await same(
    [
      ['pm2 start app.js', 'node app.js'],
      ['pm2 start app.js --name api -i max', 'node app.js'],
      ['pm2-runtime start ecosystem.config.js --env production', 'node src/server.js'],
      ['pm2 start npm --name api -- run server', 'node server.js'],
      ['forever start -c node app.js', 'node app.js'],
    ],
    ['pm2'],
    {
      'ecosystem.config.js': `module.exports = { apps: [{ name: 'api', script: 'src/server.js' }] }`,
      'src/server.js': '',
    },
  );
});

test('undeclared helpers are done without; declared ones stay', async () => {
  await same([
    ['cross-env NODE_ENV=production PORT=4 node a.js', 'NODE_ENV=production PORT=4 node a.js'],
    ['dotenv -e .env.dev -- node a.js', 'node a.js'],
    ['env-cmd -f .env.dev node a.js', 'node a.js'],
    ['ts-node src/a.ts', 'tsx src/a.ts'],
    ['ts-node -T --files src/a.ts', 'tsx src/a.ts'],
    ['node -r ts-node/register src/a.ts', 'tsx src/a.ts'],
    ['node --import tsx src/a.ts', 'tsx src/a.ts'],
    ['bun run src/a.ts', 'tsx src/a.ts'],
  ]);
  await same([['dotenv -- node a.js', 'dotenv -- node a.js']], ['dotenv-cli']);
  await same([['node --import tsx src/a.ts', 'node --import tsx src/a.ts']], ['tsx']);
  assert.deepEqual((await tamed('ts-node src/a.ts')).tools, { tsx: '^4.0.0' });
  assert.deepEqual((await tamed('tsx src/a.ts', ['tsx'])).tools, {});
  assert.deepEqual((await tamed('tsc && node dist/a.js')).tools, { typescript: '^5.0.0' });
});

test('where decorators need their types, ts-node is not replaced by tsx', async () => {
  const files = { 'tsconfig.json': '{ "compilerOptions": { /* types */ "emitDecoratorMetadata": true, } }' };
  const { line, tools } = await tamed('nodemon src/main.ts', [], files);
  assert.deepEqual([line, Object.keys(tools)], ['ts-node src/main.ts', ['ts-node', 'typescript']]);
});

test('of what runs side by side, the server is taken', async () => {
  await same([
    ['concurrently "npm run server" "npm run client"', 'node server.js'],
    ['concurrently -k -n a,b "tsc -w" "nodemon dist/a.js"', 'node dist/a.js'],
    ['npx concurrently npm:server npm:client', 'node server.js'],
    ['run-p server client', 'node server.js'],
    ['tsc -w & nodemon dist/a.js', 'node dist/a.js'],
  ]);
});

test('scripts that call themselves are left to the shell', async () => {
  await assert.rejects(tamed('npm run loop'));
});

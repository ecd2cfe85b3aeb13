import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { runCommand } from '../../platform/process.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { dockerRuntime } from '../runtimes/docker.ts';
import { localRuntime } from '../runtimes/local.ts';
import { TEST_LIMITS, writeTree } from '../runtimes/testbed.ts';
import type { Runtime } from '../submission.ts';
import { install } from './install.ts';
import { findNpm } from './npm.ts';

const npm = await findNpm(process.env);
const signal = new AbortController().signal;
const path = process.env['PATH'] ?? '';
const ping = await runCommand([...npm.command, 'ping'], { env: npm.env, timeoutMs: 30_000, signal });
const skip = ping.exitCode === 0 ? false : 'no package registry answers';
const cache = await tempDir('managers');
after(() => cache[Symbol.asyncDispose]());

const image = process.env['GRADE_IMAGE_NODE'];
const containers = dockerRuntime(image === undefined ? {} : { image });
const noDocker = (await containers.available()).ok ? false : 'no Docker engine answers';

const INTEGRITY = 'sha512-sGkPx+VjMtmA6MX27oA4FBFELFCZZ4S4XqeGOXCv68tT+jb3vk/RyaKWP0PTKyWtmLSM0b+adUTEvbs1PEaH2w==';
/** Prints the release of ms that the app finds. */
const APP = `console.log(require('ms/package.json').version)`;
const WANTS_MS = JSON.stringify({ name: 'app', dependencies: { ms: '^2.0.0' } });
/** The host is made up: what counts is the registry that npm uses. */
const YARN_CLASSIC = `# yarn lockfile v1


ms@^2.0.0:
  version "2.1.2"
  resolved "https://registry.example.invalid/ms/-/ms-2.1.2.tgz#d09d1f357b443f493382a8eb3ccd183872ae6009"
  integrity ${INTEGRITY}
`;
const YARN_BERRY = `__metadata:
  version: 8
  cacheKey: 10c0

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    ms: "npm:^2.0.0"
  languageName: unknown
  linkType: soft

"ms@npm:^2.0.0":
  version: 2.1.2
  resolution: "ms@npm:2.1.2"
  languageName: node
  linkType: hard
`;
const PNPM_9 = `lockfileVersion: '9.0'
settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false
importers:
  .:
    dependencies:
      ms:
        specifier: ^2.0.0
        version: 2.1.2
packages:
  ms@2.1.2:
    resolution: {integrity: ${INTEGRITY}}
snapshots:
  ms@2.1.2: {}
`;
const PNPM_6 = `lockfileVersion: '6.0'
dependencies:
  ms:
    specifier: ^2.0.0
    version: 2.1.2
packages:
  /ms@2.1.2:
    resolution: {integrity: ${INTEGRITY}}
    dev: false
`;

interface Given {
  command?: string[];
  tools?: Record<string, string>;
  runtime?: Runtime;
}

/** Installs a repository and runs a command in the app's folder. */
async function outcome(
  files: Record<string, string>,
  { command = ['node', 'app.js'], tools = {}, runtime = localRuntime({ path, npm }) }: Given = {},
) {
  await using dir = await tempDir('t');
  await writeTree(dir.path, files);
  await using submission = await checkout(dir.path, { rubric: 'day-02', path });
  const installed = await install({
    submission,
    runtime,
    npm,
    cacheDir: cache.path,
    limits: TEST_LIMITS,
    tools,
    signal,
  });
  await using sandbox = await runtime.open({ submission, installed, limits: TEST_LIMITS, network: undefined, signal });
  await using workspace = await sandbox.workspace();
  const { stdout, stderr } = await workspace.run(command);
  return {
    out: `${stdout}${stderr}`.trim(),
    said: installed.assumptions.map(({ what, because }) => `${what}: ${because}`).join('\n'),
  };
}

describe('package managers', { skip }, () => {
  for (const [name, lock] of [
    ['yarn 1', { 'yarn.lock': YARN_CLASSIC }],
    ['yarn 4', { 'yarn.lock': YARN_BERRY }],
    ['pnpm 10', { 'pnpm-lock.yaml': PNPM_9 }],
    ['pnpm 8', { 'pnpm-lock.yaml': PNPM_6 }],
  ] as const) {
    test(`${name} installs what its lock says`, async () => {
      assert.deepEqual(await outcome({ 'package.json': WANTS_MS, 'app.js': APP, ...lock }), { out: '2.1.2', said: '' });
    });

    test(`${name}: a lock that does not fit is not followed to the letter, and that is said`, async () => {
      const manifest = JSON.stringify({ name: 'app', dependencies: { ms: '2.1.3' } });
      const { out, said } = await outcome({ 'package.json': manifest, 'app.js': APP, ...lock });
      assert.equal(out, '2.1.3');
      assert.match(said, /does not fit package\.json/);
    });
  }

  test('of two locks, the one that package.json names is followed', async () => {
    const npmLock = JSON.stringify({ lockfileVersion: 3, packages: { '': { dependencies: { ms: '^2.0.0' } } } });
    const { out, said } = await outcome({
      'package.json': JSON.stringify({ dependencies: { ms: '^2.0.0' }, packageManager: 'yarn@1.22.19' }),
      'app.js': APP,
      'yarn.lock': YARN_CLASSIC,
      'package-lock.json': npmLock,
    });
    assert.equal(out, '2.1.2');
    assert.match(said, /those of yarn\.lock: there is package-lock\.json too/);
  });

  const shared = {
    'packages/shared/package.json': JSON.stringify({
      name: '@app/shared',
      version: '1.0.0',
      main: 'index.js',
      dependencies: { ms: '2.0.0' },
    }),
    'packages/shared/index.js': `module.exports = require('ms/package.json').version`,
    'apps/api/app.js': `console.log(require('@app/shared'), require('ms/package.json').version)`,
    'grade.yaml': 'path: apps/api\n',
  };
  const api = (range: string) => ({
    'apps/api/package.json': JSON.stringify({
      name: 'api',
      version: '1.0.0',
      dependencies: { '@app/shared': range, ms: '2.1.2' },
    }),
  });
  const workspaces = JSON.stringify({ name: 'root', private: true, workspaces: ['apps/*', 'packages/*'] });
  for (const [name, files] of [
    ['npm', { 'package.json': workspaces, ...api('1.0.0') }],
    ['yarn 1', { 'package.json': workspaces, ...api('1.0.0'), 'yarn.lock': '# yarn lockfile v1\n' }],
    ['yarn 4', { 'package.json': workspaces, ...api('workspace:*') }],
    [
      'pnpm',
      {
        'package.json': '{"name":"root"}',
        'pnpm-workspace.yaml': 'packages:\n  - "apps/*"\n  - packages/**\n',
        ...api('workspace:^'),
      },
    ],
  ] as const) {
    test(`workspaces of ${name}: each package finds its own dependencies and those beside it`, async () => {
      assert.equal((await outcome({ ...shared, ...files })).out, '2.0.0 2.1.2');
    });
  }

  test('a folder beside the app that it depends on by file:', async () => {
    const files = { ...shared, ...api('file:../../packages/shared') };
    assert.equal((await outcome(files)).out, '2.0.0 2.1.2');
  });

  test('a package that depends on itself', async () => {
    const manifest = { name: 'app', dependencies: { app: 'file:', ms: '2.1.2' } };
    const lock = {
      lockfileVersion: 3,
      packages: {
        '': manifest,
        'node_modules/app': { resolved: '', link: true },
        'node_modules/ms': { version: '2.1.2', integrity: INTEGRITY },
      },
    };
    const files = {
      'package.json': JSON.stringify(manifest),
      'package-lock.json': JSON.stringify(lock),
      'app.js': APP,
    };
    assert.deepEqual(await outcome(files), { out: '2.1.2', said: '' });
  });

  test('workspaces in a container', { skip: noDocker }, async () => {
    const { out } = await outcome({ ...shared, 'package.json': workspaces, ...api('1.0.0') }, { runtime: containers });
    assert.equal(out, '2.0.0 2.1.2');
  });

  test('packages that only a folder above declares', async () => {
    const { out, said } = await outcome({
      'package.json': JSON.stringify({ dependencies: { ms: '2.1.2', debug: '4' } }),
      'day-02/package.json': '{}',
      'day-02/app.js': APP,
    });
    assert.equal(out, '2.1.2');
    assert.match(said, /package ms was installed for the app: day-02\/app\.js loads it, and package\.json declares it/);
    assert.doesNotMatch(said, /debug/);
  });

  for (const [name, runtime, why] of [
    ['as a process', localRuntime({ path, npm }), false],
    ['in a container', containers, noDocker],
  ] as const) {
    test(`a tool that nobody declares is found ${name}`, { skip: why }, async () => {
      const files = { 'package.json': '{}', 'app.ts': `enum Colour { Red = 7 }\nconsole.log(Colour.Red);` };
      assert.equal((await outcome(files, { command: ['tsx', 'app.ts'], tools: { tsx: '^4.0.0' }, runtime })).out, '7');
    });
  }

  test('settings of the submission are not followed', async () => {
    const evil = {
      '.yarnrc.yml': 'yarnPath: ./evil.cjs\nplugins: [./evil.cjs]\n',
      '.pnpmfile.cjs': 'throw 1',
      'evil.cjs': 'throw 1',
    };
    const yarn = await outcome({ 'package.json': WANTS_MS, 'app.js': APP, 'yarn.lock': YARN_BERRY, ...evil });
    assert.equal(yarn.out, '2.1.2');
    assert.match(yarn.said, /\.yarnrc\.yml was not followed/);
    const pnpm = await outcome({ 'package.json': WANTS_MS, 'app.js': APP, 'pnpm-lock.yaml': PNPM_9, ...evil });
    assert.equal(pnpm.out, '2.1.2');
  });
});

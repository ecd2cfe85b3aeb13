import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { checkout } from '../checkout.ts';
import { install } from './install.ts';
import { findNpm, type Npm } from './npm.ts';
import { fixtureRegistry, type FixturePackage } from './registry-fixture.ts';
import { TEST_LIMITS, writeTree } from '../runtimes/testbed.ts';
import { dockerRuntime } from '../runtimes/docker.ts';
import { localRuntime } from '../runtimes/local.ts';
import type { Installed, Runtime } from '../submission.ts';

const path = process.env['PATH'] ?? '';
const local = (npm: Npm) => localRuntime({ path, npm });
const image = process.env['GRADE_IMAGE_NODE'];
const containers = dockerRuntime(image === undefined ? {} : { image });
const docker = () => containers;
const available = await containers.available();
if (!available.ok && process.env['GRADE_REQUIRE_DOCKER'] === '1')
  throw new Error(`GRADE_REQUIRE_DOCKER is set, but: ${available.reason}`);
const skip = available.ok ? false : available.reason;

interface Given {
  packages?: Record<string, FixturePackage>;
  runtime?: (npm: Npm) => Runtime;
  /** Instead of the fixture registry. */
  registry?: string;
}

/** Packages of a registry, files of a submission, and `installIt` with one cache. */
async function withInstall<T>(
  files: Record<string, string | object>,
  given: Given,
  use: (installIt: () => Promise<Installed>, facts: { requests: string[]; cacheDir: string }) => Promise<T>,
): Promise<T> {
  await using dir = await tempDir('t');
  await using registry = await fixtureRegistry(given.packages ?? {});
  await writeTree(
    join(dir.path, 'app'),
    Object.fromEntries(
      Object.entries(files).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
    ),
  );
  await using submission = await checkout(join(dir.path, 'app'), { rubric: 'day-02', path });
  const npm = await findNpm({
    PATH: path,
    HOME: dir.path,
    npm_config_registry: given.registry ?? registry.url,
    npm_config_fetch_retries: '0',
    SECRET_TOKEN: 'leak',
  });
  const cacheDir = join(dir.path, 'cache');
  const options = {
    submission,
    runtime: (given.runtime ?? local)(npm),
    npm,
    cacheDir,
    limits: TEST_LIMITS,
    signal: new AbortController().signal,
  };
  return await use(() => install(options), { requests: registry.requests, cacheDir });
}

const packageJson = (dependencies: Record<string, string>, more: object = {}) => ({
  name: 'app',
  dependencies,
  ...more,
});
const WANTS_LEFT = { 'package.json': packageJson({ left: '^1.0.0' }) };
const WANTS_NATIVE = { 'package.json': packageJson({ native: '^1.0.0' }) };
const left: FixturePackage = { files: { 'index.js': 'module.exports = 42' } };

describe('install', () => {
  test('without dependencies nothing is installed', async () => {
    for (const files of [{ 'server.js': '' }, { 'package.json': { dependencies: {} } }]) {
      await withInstall(files, {}, async (installIt, { requests }) => {
        assert.equal((await installIt()).modulesDir, undefined);
        assert.deepEqual(requests, []);
      });
    }
  });

  test('packages are had once, then from the cache', async () => {
    await withInstall(WANTS_LEFT, { packages: { left } }, async (installIt, { requests, cacheDir }) => {
      const first = await installIt();
      assert.equal(first.cached, false);
      assert.equal(
        await readFile(join(first.modulesDir ?? '', 'node_modules/left/index.js'), 'utf8'),
        'module.exports = 42',
      );
      assert.match(first.assumptions[0]?.because ?? '', /no package-lock\.json/);
      const asked = requests.length;
      const second = await installIt();
      assert.deepEqual([second.cached, second.modulesDir, requests.length], [true, first.modulesDir, asked]);
      assert.deepEqual(
        (await readdir(cacheDir)).filter((name) => name.startsWith('staging') || name.endsWith('.lock')),
        [],
      );
    });
  });

  test('two at once wait for one another', async () => {
    let runs = 0;
    const counting = (npm: Npm): Runtime => {
      const runtime = local(npm);
      return {
        ...runtime,
        runInstallScripts: async (dir, scripts) => (runs++, runtime.runInstallScripts(dir, scripts)),
      };
    };
    const native: FixturePackage = { manifest: { scripts: { install: 'node --version' } } };
    await withInstall(WANTS_NATIVE, { packages: { native }, runtime: counting }, async (installIt) => {
      const [one, two] = await Promise.all([installIt(), installIt()]);
      assert.equal(one.modulesDir, two.modulesDir);
      assert.equal(runs, 1);
    });
  });

  test('a lockfile that disagrees is not followed, and that is said', async () => {
    const lock = {
      name: 'app',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'app', dependencies: { right: '^1.0.0' } } },
    };
    await withInstall(
      { 'package.json': packageJson({ left: '^1.0.0' }), 'package-lock.json': lock },
      { packages: { left } },
      async (installIt) => {
        const { assumptions } = await installIt();
        assert.match(assumptions.map(({ because }) => because).join(), /does not fit package\.json/);
      },
    );
  });

  test('a learner’s own .npmrc is not read', async () => {
    await withInstall(
      {
        'package.json': packageJson({ left: '^1.0.0' }),
        '.npmrc': 'registry=http://127.0.0.1:1/\nscript-shell=/bin/false',
      },
      { packages: { left } },
      async (installIt) => {
        assert.notEqual((await installIt()).modulesDir, undefined);
      },
    );
  });

  test('scripts of the submission itself never run', async () => {
    const scripts = { preinstall: 'touch ran', install: 'touch ran', postinstall: 'touch ran', prepare: 'touch ran' };
    await withInstall(
      { 'package.json': packageJson({ left: '^1.0.0' }, { scripts }) },
      { packages: { left } },
      async (installIt) => {
        assert.equal((await readdir((await installIt()).modulesDir ?? '')).includes('ran'), false);
      },
    );
  });
});

describe('install: the submission is at fault', () => {
  const rejects = async (
    files: Record<string, string | object>,
    message: RegExp,
    packages: Record<string, FixturePackage> = { left },
  ) =>
    withInstall(files, { packages }, async (installIt) =>
      assert.rejects(
        installIt(),
        (error: unknown) => error instanceof LearnerError && message.test(error.message) && error.mend !== undefined,
      ),
    );

  test('a package that does not exist', () =>
    rejects({ 'package.json': packageJson({ 'no-such-thing': '1' }) }, /a package does not exist.*no-such-thing/));
  test('a version that does not exist', () =>
    rejects({ 'package.json': packageJson({ left: '^9.0.0' }) }, /no version of a package matches.*left@\^9/));
  test('a peer conflict', () =>
    rejects({ 'package.json': packageJson({ left: '^1.0.0', plugin: '^1.0.0' }) }, /different versions/, {
      left,
      plugin: { manifest: { peerDependencies: { left: '^2.0.0' } } },
    }));
  test('a broken lockfile', () =>
    rejects(
      { 'package.json': packageJson({ left: '1' }), 'package-lock.json': '{\n<<<<<<< HEAD\n' },
      /package-lock\.json is not valid JSON: it still has the marks/,
    ));
  test('a lockfile that leads to a repository', () =>
    rejects(
      {
        'package.json': packageJson({ left: '1' }),
        'package-lock.json': {
          lockfileVersion: 3,
          packages: { 'node_modules/left': { version: '1.0.0', resolved: 'git+ssh://git@example.com/a/b.git#1' } },
        },
      },
      /from a git repository/,
    ));
  for (const range of [
    'git+https://example.com/a.git',
    'github:a/b',
    'a/b',
    'https://example.com/a.tgz',
    'file:../../etc',
    'link:../x',
    './local',
  ]) {
    test(`a dependency on ${range}`, () =>
      rejects({ 'package.json': packageJson({ left: range }) }, /which is not installed while grading/));
  }
});

describe('install: the grader’s own trouble', () => {
  test('a registry that is down', async () => {
    await withInstall(
      { 'package.json': packageJson({ left: '1' }) },
      { registry: 'http://127.0.0.1:1' },
      async (installIt) => {
        await assert.rejects(
          installIt(),
          (error: unknown) => error instanceof InfrastructureError && /ECONNREFUSED/.test(error.message),
        );
      },
    );
  });
});

describe('install: scripts of dependencies', () => {
  /** Notes what it sees while it is installed. */
  const probe = (script: string): FixturePackage => ({
    manifest: { scripts: { install: 'node install.js' } },
    files: { 'install.js': script },
  });
  const seen = `require('node:fs').writeFileSync('seen.json', JSON.stringify({ env: Object.keys(process.env) }))`;

  test('run in the local runtime, before the entry is there', async () => {
    await withInstall(WANTS_NATIVE, { packages: { native: probe(seen) } }, async (installIt) => {
      const { modulesDir } = await installIt();
      const note = JSON.parse(await readFile(join(modulesDir ?? '', 'node_modules/native/seen.json'), 'utf8')) as {
        env: string[];
      };
      assert.equal(note.env.includes('SECRET_TOKEN'), false);
    });
  });

  test('run in a container without network', { skip }, async () => {
    const script = `const fs = require('node:fs'); const os = require('node:os');
      fs.writeFileSync('seen.json', JSON.stringify({ interfaces: Object.keys(os.networkInterfaces()), uid: process.getuid(), env: Object.keys(process.env), home: fs.existsSync('/root/.npmrc') }));`;
    await withInstall(WANTS_NATIVE, { packages: { native: probe(script) }, runtime: docker }, async (installIt) => {
      const { modulesDir } = await installIt();
      const note = JSON.parse(await readFile(join(modulesDir ?? '', 'node_modules/native/seen.json'), 'utf8')) as {
        interfaces: string[];
        uid: number;
        env: string[];
        home: boolean;
      };
      assert.deepEqual(note.interfaces, ['lo']);
      assert.notEqual(note.uid, 0);
      assert.equal(note.home, false);
      assert.equal(note.env.includes('SECRET_TOKEN'), false);
    });
  });

  for (const [name, runtime, why] of [
    ['local', local, false],
    ['docker', docker, skip],
  ] as const) {
    test(`that fail are told with the package’s name (${name})`, { skip: why }, async () => {
      await withInstall(
        WANTS_NATIVE,
        { packages: { native: probe(`console.error('no luck today'); process.exit(1)`) }, runtime },
        async (installIt, { cacheDir }) => {
          await assert.rejects(
            installIt(),
            (error: unknown) =>
              error instanceof LearnerError &&
              /install script of native failed/.test(error.message) &&
              error.logs.join().includes('no luck today'),
          );
          assert.deepEqual(await readdir(cacheDir), []);
        },
      );
    });
  }
});

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { bringUp } from './candidate.ts';
import { tempDir } from './platform/temp-dir.ts';
import { Trace } from './platform/trace.ts';
import { rubricSchema } from './rubric/schema.ts';
import { testOptions } from './services/conformance/options.ts';
import { providers } from './services/providers/index.ts';
import { startServices } from './services/start.ts';
import { findNpm } from './submission/packages/npm.ts';
import { localRuntime } from './submission/runtimes/local.ts';

test('programs of the submission find the variables of the app, and so the same databases', async () => {
  await using dir = await tempDir('candidate');
  const tell = 'console.log(JSON.stringify([process.env.PROMISED, process.env.OWN]))';
  await writeFile(join(dir.path, 'package.json'), JSON.stringify({ scripts: { seed: 'node seed.js' } }));
  await writeFile(join(dir.path, 'seed.js'), `${tell};`);
  await writeFile(
    join(dir.path, 'server.js'),
    `${tell}; require('node:http').createServer().listen(process.env.PORT);`,
  );
  const criterion = { id: 'any', title: 'Any', points: 100, check: 'command', hint: 'Look at the script.' };
  const rubric = rubricSchema.parse({
    rubric: 'day-99',
    title: 'A day',
    version: '1.0.0',
    app: false,
    env: { PROMISED: 'by the brief' },
    programs: { seed: { command: ['npm', 'run', 'seed'] }, server: { command: ['node', 'server.js'] } },
    criteria: [criterion],
  });
  const searchPath = process.env['PATH'] ?? '';
  const npm = await findNpm(process.env);
  await using candidate = await bringUp({
    folder: dir.path,
    rubric: { ...rubric, dir: dir.path, referenceDir: undefined },
    runtime: localRuntime({ path: searchPath, npm }),
    network: undefined,
    services: startServices([], providers.embedded, testOptions({})),
    npm,
    modulesCacheDir: dir.path,
    seed: 'seed',
    searchPath,
    trace: new Trace(),
    phase: (_title, _category, work) => work(),
    signal: AbortSignal.timeout(30_000),
  });
  assert.equal(candidate.bootFailure, undefined);
  const { programs, workspace } = candidate.target;
  await using place = await workspace();

  const run = await place.run(programs['seed'] ?? [], { env: { OWN: 'of the run' } });
  assert.deepEqual(JSON.parse(run.stdout), ['by the brief', 'of the run'], run.stderr);

  await using server = await place.start(programs['server'] ?? [], { env: { PORT: '0', PROMISED: 'another' } });
  await server.origin(10_000);
  assert.deepEqual(JSON.parse(server.logs.tail(1)[0] ?? ''), ['another', null]);
});

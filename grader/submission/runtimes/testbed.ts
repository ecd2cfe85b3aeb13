import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LearnerError } from '../../platform/errors.ts';
import { tempDir } from '../../platform/temp-dir.ts';
import { boot, type BootedApp, type BootOptions } from '../boot.ts';
import { checkout } from '../checkout.ts';
import { readFacts } from '../facts.ts';
import { detect } from '../start/detect.ts';
import type { Limits, Runtime, Sandbox, StartPlan, Submission } from '../submission.ts';

export const TEST_LIMITS: Limits = { memoryMb: 256, cpus: 2, processes: 64, diskMb: 64, outputBytes: 256 * 1024 };

/** Starts an HTTP server that tells about itself; `LISTEN` stands for how it listens. */
export const SERVER = (listen: string, before = '') => `
${before}
const http = require('node:http');
const server = http.createServer((request, response) => response.end(JSON.stringify({ env: process.env, cwd: process.cwd(), url: request.url })));
server.listen(${listen}, () => console.log('listening'));
`;

/** A submission in a sandbox, for a test. */
export interface OpenPlace extends AsyncDisposable {
  original: string;
  submission: Submission;
  sandbox: Sandbox;
  network: string | undefined;
  /** @param plan what to change of the plan that was found */
  boot(options?: Partial<BootOptions>, plan?: Partial<StartPlan>): Promise<BootedApp>;
}

/** Writes files to a folder, takes a copy of it and opens a sandbox. A package.json with a start script is added when there is none. */
export async function open(
  runtime: Runtime,
  files: Record<string, string>,
  signal: AbortSignal = new AbortController().signal,
  modulesDir?: string,
  limits: Limits = TEST_LIMITS,
): Promise<OpenPlace> {
  await using stack = new AsyncDisposableStack();
  const original = stack.use(await tempDir('original'));
  await writeTree(original.path, {
    'package.json': JSON.stringify({ scripts: { start: 'node server.js' } }),
    ...files,
  });
  const submission = stack.use(await checkout(original.path, { rubric: 'day-02', path: '/usr/bin:/bin' }));
  const network = await runtime.network(signal);
  if (network !== undefined) stack.use(network);
  if (modulesDir !== undefined) {
    await chmod(join(modulesDir, 'node_modules/.bin/left'), 0o755);
    await chmod(modulesDir, 0o755);
  }
  const sandbox = stack.use(
    await runtime.open({
      submission,
      installed: {
        modulesDir,
        modules: modulesDir === undefined ? [] : [{ from: 'node_modules', at: 'node_modules', own: {} }],
        toolsDir: undefined,
        durationMs: 0,
        cached: true,
        assumptions: [],
      },
      limits,
      network: network?.name,
      signal,
    }),
  );
  const owned = stack.move();
  return {
    original: original.path,
    submission,
    sandbox,
    network: network?.name,
    boot: async (options = {}, plan = {}) => {
      const facts = (given: Readonly<Record<string, string>>) => readFacts(submission, given);
      const found = { ...(await detect(submission)), ...plan };
      return boot(sandbox, found, { env: {}, signal, timeoutMs: 20_000, facts, ...options });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export async function writeTree(root: string, files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

export async function learnerError(work: Promise<AsyncDisposable | string>): Promise<LearnerError> {
  try {
    const made = await work;
    if (typeof made !== 'string') await made[Symbol.asyncDispose]();
  } catch (error) {
    assert.ok(error instanceof LearnerError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'it should have failed' });
}

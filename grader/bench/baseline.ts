import { performance } from 'node:perf_hooks';
import { join } from 'node:path';
import { InfrastructureError } from '../platform/errors.ts';
import { startProcess } from '../platform/process.ts';
import { packageDir } from '../rubric/load.ts';
import type { Run } from './comparison.ts';
import { totalSeconds } from './load-seconds.ts';

export interface BaselineOptions {
  /** The submission's folder, absolute. */
  submission: string;
  /** Seconds under load, by operation of the contract. */
  load: ReadonlyMap<string, number>;
  env: Readonly<Record<string, string>>;
  signal: AbortSignal;
}

/** How long the script may take to stop what it started, after Ctrl-C. */
const WIND_UP_MS = 20_000;

/**
 * Runs the shell script that people grade with today (baseline/grade.sh) and times it, part by part.
 *
 * @throws {InfrastructureError} when the script fails
 */
export async function runBaseline({ submission, load, env, signal }: BaselineOptions): Promise<Run> {
  signal.throwIfAborted();
  const script = join(import.meta.dirname, 'baseline/grade.sh');
  const seconds = ['listProducts', 'getProduct'].map((operation) => String(load.get(operation) ?? 0));
  const steps: { name: string; at: number }[] = [];
  let output = '';
  let lines = '';
  const startedAt = performance.now();
  const child = startProcess(['bash', script, submission, packageDir, ...seconds], {
    env,
    onOutput: (_stream, chunk) => {
      const text = chunk.toString('utf8');
      output = `${output}${text}`.slice(-4000);
      lines += text;
      for (let end = lines.indexOf('\n'); end >= 0; end = lines.indexOf('\n')) {
        const name = /^== (.+)$/.exec(lines.slice(0, end))?.[1];
        if (name !== undefined) steps.push({ name, at: performance.now() });
        lines = lines.slice(end + 1);
      }
    },
  });
  const stop = () => void child.stop(WIND_UP_MS);
  signal.addEventListener('abort', stop, { once: true });
  const { exitCode } = await child.exited;
  const endedAt = performance.now();
  signal.removeEventListener('abort', stop);
  await child.stop(WIND_UP_MS);
  signal.throwIfAborted();
  if (exitCode !== 0)
    throw new InfrastructureError(`the baseline's script ended with exit code ${exitCode}:\n${output.trimEnd()}`);
  const parts = steps.map(({ name, at }, i): [string, number] => [name, (steps[i + 1]?.at ?? endedAt) - at]);
  return { totalMs: endedAt - startedAt, loadMs: 1000 * totalSeconds(load), parts: new Map(parts) };
}

import type { ProbeOptions } from './sandbox-probe.ts';

/** Text for `node -e` that prints what the probe and the test runner have left, one JSON value a line. */
export function collectorScript(options: ProbeOptions): string {
  return `(${collect.toString()})(${JSON.stringify(options)})`;
}

/**
 * Runs in the sandbox after the suite, when no process of it is left: reads the probe's records and Jest's
 * reports, and prints what the grader wants of them, cut to size. One script that ran in several processes
 * becomes one record: what did not run in any of them.
 *
 * The text of this function is what runs there, so it uses nothing from outside of itself.
 */
function collect({ folder, token }: ProbeOptions): void {
  const MAX_FILES = 1000;
  const MAX_BYTES = 128 * 1024 * 1024;
  const MAX_TESTS = 2000;
  const MAX_MESSAGES = 20;
  const { lstatSync, readdirSync, readFileSync } = process.getBuiltinModule('node:fs');
  type Parts = [number, number][];
  interface Script {
    path: string;
    source: string;
    map?: string;
    unrun: Parts;
  }
  const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const text = (value: unknown, most: number): string => (typeof value === 'string' ? value.slice(0, most) : '');

  const inBoth = (a: Parts, b: Parts): Parts => {
    const both: Parts = [];
    for (let i = 0, j = 0; i < a.length && j < b.length;) {
      const [one, other] = [a[i], b[j]];
      if (!one || !other) break;
      const start = Math.max(one[0], other[0]);
      const end = Math.min(one[1], other[1]);
      if (start < end) both.push([start, end]);
      if (one[1] < other[1]) i++;
      else j++;
    }
    return both;
  };

  const scripts = new Map<string, Script>();
  const addScripts = (record: { token?: unknown; scripts?: unknown }): boolean => {
    if (record.token !== token || !Array.isArray(record.scripts)) return false;
    for (const script of record.scripts as Script[]) {
      const key = `${script.path}\n${script.source}`;
      const known = scripts.get(key);
      if (known) known.unrun = inBoth(known.unrun, script.unrun);
      else scripts.set(key, script);
    }
    return true;
  };

  interface JestReport {
    testResults: {
      name?: string;
      message?: string;
      assertionResults: {
        fullName?: string;
        status?: string;
        duration?: number;
        numPassingAsserts?: number;
        failureMessages?: string[];
      }[];
    }[];
  }
  const printJest = (report: JestReport): boolean => {
    if (!Array.isArray(report.testResults)) return false;
    let messages = 0;
    const message = (value: unknown): string | undefined => (messages++ < MAX_MESSAGES ? text(value, 600) : undefined);
    const stack = (value: unknown): string =>
      text(value, 100_000)
        .split('\n')
        .filter((line) => line.length < 1000 && /^\s+at \S/.test(line))
        .slice(0, 20)
        .join('\n');
    const tests = report.testResults.flatMap((file) =>
      file.assertionResults.map(({ fullName, status, duration, numPassingAsserts, failureMessages }) => ({
        name: text(fullName, 200),
        status: text(status, 20),
        durationMs: Number(duration) || 0,
        assertions: Number(numPassingAsserts) || 0,
        ...(status === 'failed' && messages < MAX_MESSAGES
          ? { stack: stack(failureMessages?.[0]), message: message(failureMessages?.[0]) }
          : {}),
      })),
    );
    const broken = report.testResults
      .filter((file) => file.assertionResults.length === 0)
      .map((file) => ({ file: text(file.name, 300), message: message(file.message) }));
    const here = `${process.cwd()}/`;
    const files = report.testResults
      .map(({ name = '' }) => (name.startsWith(here) ? name.slice(here.length) : ''))
      .filter((name) => name !== '');
    print({
      kind: 'jest',
      files: files.slice(0, MAX_TESTS),
      tests: tests.slice(0, MAX_TESTS),
      more: Math.max(0, tests.length - MAX_TESTS),
      broken,
    });
    return true;
  };

  let strange = 0;
  let bytes = 0;
  const names = readdirSync(folder).toSorted();
  for (const name of names.slice(0, MAX_FILES)) {
    if (name === 'probe.cjs') continue;
    try {
      const path = `${folder}/${name}`;
      const file = lstatSync(path);
      if (!file.isFile() || bytes + file.size > MAX_BYTES) throw new RangeError(name);
      bytes += file.size;
      const content = JSON.parse(readFileSync(path, 'utf8')) as object;
      if (!(name.startsWith('jest-') ? printJest(content as JestReport) : addScripts(content)))
        throw new TypeError(name);
    } catch {
      strange++;
    }
  }
  strange += Math.max(0, names.length - MAX_FILES);
  for (const script of scripts.values()) print({ kind: 'script', ...script });
  if (strange > 0) print({ kind: 'strange', files: strange });
}

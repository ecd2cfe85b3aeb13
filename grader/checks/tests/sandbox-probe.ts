/** Where the probe writes, and how its records are told from what else lies there. */
export interface ProbeOptions {
  /** The folder beside the probe's file. */
  folder: string;
  token: string;
}

/** The file that is loaded before everything else in each Node process of the suite (`node --require`). */
export function probeFile(options: ProbeOptions): string {
  return `'use strict';\n(${probe.toString()})(${JSON.stringify(options)}, __dirname);\n`;
}

/**
 * Counts what runs in this process, and writes it down when the process ends: for each script of the project
 * the text that V8 ran, its source map, and which parts of the text never ran.
 *
 * The text of this function is what runs in the sandbox, so it uses nothing from outside of itself. It must not
 * disturb the process that it is in: whatever fails here, fails in silence, and nothing is written.
 */
function probe({ folder, token }: ProbeOptions, here: string): void {
  const MAX_SCRIPTS = 1000;
  const MAX_SCRIPT_CHARS = 1_000_000;
  const { Session } = process.getBuiltinModule('node:inspector');
  const { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } = process.getBuiltinModule('node:fs');
  const { dirname, join, relative, resolve, sep } = process.getBuiltinModule('node:path');
  const { fileURLToPath } = process.getBuiltinModule('node:url');
  const { threadId } = process.getBuiltinModule('node:worker_threads');
  interface Range {
    startOffset: number;
    endOffset: number;
    count: number;
  }
  interface Script {
    scriptId: string;
    url: string;
    functions: { ranges: Range[] }[];
  }

  const root = realpathSync(dirname(here));
  const session = new Session();
  const post = (method: string, params: object = {}): unknown => {
    let answer: unknown;
    session.post(method, params, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  };

  const pathOf = (url: string): string | undefined => {
    const path = url.startsWith('file:') ? fileURLToPath(url.replace(/[?#].*$/, '')) : url;
    const inner = relative(root, path);
    const parts = inner.split(sep);
    return path === resolve(path) && inner !== '' && !parts.some((part) => part === '..' || part === 'node_modules')
      ? parts.join('/')
      : undefined;
  };

  /** Parts that the innermost range around them says never ran: pairs of offsets, rising, apart. */
  const unrun = (functions: Script['functions']): [number, number][] => {
    const ranges = functions
      .flatMap((item) => item.ranges)
      .toSorted((a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset);
    const parts: [number, number][] = [];
    const around: Range[] = [];
    let at = 0;
    const advance = (to: number): void => {
      const last = parts.at(-1);
      if (to > at && around.at(-1)?.count === 0) {
        if (last?.[1] === at) last[1] = to;
        else parts.push([at, to]);
      }
      at = Math.max(at, to);
    };
    const leave = (offset: number): void => {
      for (let inner = around.at(-1); inner && inner.endOffset <= offset; inner = around.at(-1)) {
        advance(inner.endOffset);
        around.pop();
      }
    };
    for (const range of ranges) {
      leave(range.startOffset);
      advance(range.startOffset);
      around.push(range);
    }
    leave(Infinity);
    return parts;
  };

  const mapOf = (url: string, path: string): string | undefined => {
    const data = /^data:application\/json[^,]*?(;base64)?,/.exec(url);
    if (data)
      return data[1] === undefined
        ? decodeURIComponent(url.slice(data[0].length))
        : Buffer.from(url.slice(data[0].length), 'base64').toString('utf8');
    const file = resolve(root, dirname(path), url);
    return url !== '' && !url.includes(':') && existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  };

  const take = (): object[] => {
    const { result } = post('Profiler.takePreciseCoverage') as { result: Script[] };
    const maps = new Map<string, string>();
    session.on('Debugger.scriptParsed', ({ params }) => maps.set(params.scriptId, params.sourceMapURL ?? ''));
    post('Debugger.enable');
    const scripts = result.flatMap(({ scriptId, url, functions }) => {
      try {
        const path = pathOf(url);
        if (path === undefined || path.startsWith(folder)) return [];
        const { scriptSource } = post('Debugger.getScriptSource', { scriptId }) as { scriptSource: string };
        const map = mapOf(maps.get(scriptId) ?? '', path);
        // An inline map is the greater part of the text, and stands apart now.
        const source = scriptSource.replace(/\n\/\/# sourceMappingURL=data:[^\n]*\s*/, '\n');
        if (source.length > MAX_SCRIPT_CHARS || (map ?? '').length > MAX_SCRIPT_CHARS) return [];
        return [{ path, source, map, unrun: unrun(functions) }];
      } catch {
        return [];
      }
    });
    // A `debugger` statement in what is still to run would wait for somebody.
    session.disconnect();
    return scripts;
  };

  let written = false;
  const write = (): void => {
    if (written) return;
    written = true;
    try {
      const scripts = take().slice(0, MAX_SCRIPTS);
      const file = join(here, `${process.pid}-${threadId}`);
      writeFileSync(`${file}.part`, JSON.stringify({ token, scripts }), { flag: 'wx' });
      renameSync(`${file}.part`, `${file}.json`);
    } catch {
      // Nothing was measured here.
    }
  };

  try {
    session.connect();
    post('Profiler.enable');
    post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  } catch {
    // The parent of "node --test" has no inspector; it runs nothing of the project.
    return;
  }
  process.on('exit', write);
  // A server that a test has started as a process of its own ends by a signal, as a rule without an "exit".
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return;
      write();
      process.off(signal, onSignal);
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
}

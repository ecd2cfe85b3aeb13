import type { Fault } from '../report/schema.ts';
import type { Readiness } from './readiness.ts';
import type { AppExit } from './submission.ts';

/** Why an app is not there, in a learner's words. */
export interface Diagnosis {
  reason: string;
  mend: string | undefined;
  fault: Extract<Fault, 'learner' | 'timeout' | 'out-of-memory'>;
}

/** A cause that can be read from what an app printed. */
interface Pattern {
  pattern: RegExp;
  cause: (match: RegExpExecArray) => string;
  mend: (match: RegExpExecArray) => string;
}

/** The most telling first. Each looks at one line of bounded length, and has no nested repetition. */
const PATTERNS: readonly Pattern[] = [
  {
    pattern: /Cannot find (?:module|package) '([^']{1,200})'/,
    cause: ([, name = '']) => `it can’t find ${isFile(name) ? 'the file' : 'the package'} "${shortPath(name)}"`,
    mend: ([, name = '']) =>
      isFile(name)
        ? 'Check the path and its spelling, upper and lower case too, and that the file is committed.'
        : `Add it to the dependencies: npm install ${name}`,
  },
  {
    pattern: /does not provide an export named '?([^']{1,100})'?/,
    cause: ([, name = '']) => `a module has no export named "${name}"`,
    mend: () => 'Check the names in that import and in the file that exports them.',
  },
  {
    pattern: /Cannot use import statement outside a module/,
    cause: () => 'it uses import in a file that Node takes for CommonJS',
    mend: () => 'Put "type": "module" into package.json, or use require.',
  },
  {
    pattern: /(require|module|exports|__dirname|__filename) is not defined in ES module scope/,
    cause: ([, name = '']) => `it uses ${name} in an ES module`,
    mend: () => 'Use import, or take "type": "module" out of package.json.',
  },
  {
    pattern: /^(?:Uncaught )?SyntaxError: (.{1,200})/,
    cause: ([, message = '']) => `it has a syntax error: ${message}`,
    mend: () => 'Correct the line that Node names in the log.',
  },
  {
    pattern: /EADDRINUSE.*?:(\d{1,5})\b/,
    cause: ([, port = '']) => `port ${port} is in use already`,
    mend: () => 'Listen once only, on process.env.PORT.',
  },
  {
    pattern: /EACCES: permission denied.*?:(\d{1,4})\b/,
    cause: ([, port = '']) => `it may not listen on port ${port}`,
    mend: () => 'Listen on process.env.PORT.',
  },
  {
    pattern: /(?:EROFS|EACCES|EPERM): [^']{0,60}'([^']{1,200})'/,
    cause: ([, path = '']) => `it may not write to ${path}`,
    mend: () => 'Write below the folder of the app, or to the folder that os.tmpdir() names.',
  },
  {
    pattern: /ENOSPC/,
    cause: () => 'it filled the disk space that it has',
    mend: () => 'Write less to disk.',
  },
  {
    pattern: /connect ECONNREFUSED ([\w.:]{1,60}?):(\d{1,5})/,
    cause: ([, host = '', port = '']) => `${database(port)} refused the connection at ${host}:${port}`,
    mend: ([, , port = '']) => `Take the address from the environment (${variable(port)}), not from the code.`,
  },
  {
    pattern: /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]{1,100})/,
    cause: ([, host = '']) => `it looked for a host named "${host}", which is not there`,
    mend: () => 'Take the addresses of databases from the environment; other hosts can’t be reached while grading.',
  },
  {
    pattern: /querySrv \w+ ([\w.-]{1,100})/,
    cause: ([, host = '']) => `it looked for a database in the cloud ("${host}"), which can’t be reached while grading`,
    mend: () => 'Take the database’s URL from the environment (MONGODB_URI), not from the code.',
  },
  {
    pattern: /MongooseServerSelectionError|MongoServerSelectionError/,
    cause: () => 'it found no MongoDB where it looked',
    mend: () => 'Take the database’s URL from the environment (MONGODB_URI), not from the code.',
  },
  {
    pattern:
      /password authentication failed for user "([^"]{1,60})"|SASL: SCRAM-SERVER-FIRST-MESSAGE|WRONGPASS|NOAUTH|Authentication failed/,
    cause: () => 'a database refused its name and password',
    mend: () => 'Take user, password and database from the environment (DATABASE_URL, MONGODB_URI, REDIS_URL).',
  },
  {
    pattern: /(?:sh|bash): (?:\d+: |line \d+: )?([\w./-]{1,80}): (?:command )?not found/,
    cause: ([, name = '']) => `the command "${name}" is not there`,
    mend: ([, name = '']) => `Add the package that brings "${name}" to the dependencies.`,
  },
  {
    pattern: /exec: "([^"]{1,80})": (?:executable file not found|stat .{0,200}no such file)/,
    cause: ([, name = '']) => `the command "${name}" is not there`,
    mend: ([, name = '']) => `Add the package that brings "${name}" to the dependencies.`,
  },
  {
    pattern: /Missing script: "?([\w:-]{1,80})"?/,
    cause: ([, name = '']) => `package.json has no script "${name}"`,
    mend: ([, name = '']) => `Add "${name}" to the scripts of package.json.`,
  },
  {
    pattern: /((?:[A-Z]\w{0,40})?Error(?: \[\w{1,60}\])?: .{1,300})/,
    cause: ([, message = '']) => message.replace(/[.\s]+$/, ''),
    mend: () => 'Start it on your machine as the grader does (npm ci, then its start command) and look at the log.',
  },
];

/** Why an app did not come up. */
export function explainStart(
  readiness: Exclude<Readiness, { state: 'ready' }>,
  lines: readonly string[],
  { what, timeoutMs, preferred }: { what: string; timeoutMs: number; preferred: number | undefined },
): Diagnosis {
  const seconds = `${Math.round(timeoutMs / 100) / 10} s`;
  switch (readiness.state) {
    case 'exited':
      return explainExit(readiness.exit, lines, `${what} ended before it answered`);
    case 'flooded':
      return {
        reason: `${what} printed without end while it started, and never answered.`,
        mend: 'Look for a loop that logs.',
        fault: 'learner',
      };
    case 'timeout': {
      if (readiness.ports.length > 0) {
        return {
          reason: `${what} listens on port ${readiness.ports.join(', ')}, but gave no HTTP answer in ${seconds}.`,
          mend: 'Look for work that blocks the event loop, or a server that speaks something else than HTTP.',
          fault: 'timeout',
        };
      }
      const cause = causeIn(lines);
      const reason = `${what} did not listen on any port in ${seconds}${cause ? `: ${cause.cause}` : ''}.`;
      return {
        reason,
        mend:
          cause?.mend ??
          `Call app.listen(process.env.PORT)${preferred === undefined ? '' : ` (PORT was ${preferred})`} as soon as the app starts.`,
        fault: cause ? 'learner' : 'timeout',
      };
    }
  }
}

/** Why an app ended. `what` is the start of the sentence: "The app ended while it was graded". */
export function explainExit(exit: AppExit, lines: readonly string[], what: string): Diagnosis {
  if (exit.outOfMemory || isHeapExhausted(lines)) {
    return {
      reason: `${what}: it ran out of memory.`,
      mend: 'Look for data that is kept for ever, or read whole where a page or a stream would do.',
      fault: 'out-of-memory',
    };
  }
  const cause = causeIn(lines);
  const how = exit.signal === undefined ? `exit code ${exit.exitCode ?? 'unknown'}` : exit.signal;
  if (cause === undefined) {
    return {
      reason: `${what} (${how}).`,
      mend:
        exit.exitCode === 0
          ? 'Make sure that it calls app.listen and does not end by itself.'
          : 'Start it on your machine as the grader does (npm ci, then its start command) and look at the log.',
      fault: 'learner',
    };
  }
  return { reason: `${what} (${how}): ${cause.cause}.`, mend: cause.mend, fault: 'learner' };
}

/** Whether V8 gave up for lack of heap. */
export function isHeapExhausted(lines: readonly string[]): boolean {
  return lines.some((line) =>
    /JavaScript heap out of memory|Array buffer allocation failed|ERR_WORKER_OUT_OF_MEMORY/.test(line),
  );
}

/** The likely cause that the log names; undefined when it names none. */
export function causeIn(lines: readonly string[]): { cause: string; mend: string } | undefined {
  for (const { pattern, cause, mend } of PATTERNS) {
    for (const line of lines) {
      const match = pattern.exec(line);
      if (match !== null) return { cause: cause(match), mend: mend(match) };
    }
  }
  return undefined;
}

function isFile(name: string): boolean {
  return /^[./]|^[A-Za-z]:/.test(name);
}

/** A path below the copy, without the folders of the grader's own. */
function shortPath(path: string): string {
  return path.replace(/^.*?\/(?:tree|app)\//, '');
}

function database(port: string): string {
  return { '27017': 'MongoDB', '5432': 'Postgres', '6379': 'Redis' }[port] ?? 'a server';
}

function variable(port: string): string {
  return (
    { '27017': 'MONGODB_URI', '5432': 'DATABASE_URL', '6379': 'REDIS_URL' }[port] ??
    'such as DATABASE_URL, MONGODB_URI, REDIS_URL'
  );
}

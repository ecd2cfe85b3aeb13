import type { CommandRun } from '../report/schema.ts';
import type { ContractClient } from './client.ts';

/** The running submission as a check sees it. */
export interface Target {
  /** Requests by the contract's operation names. Every call throws when the rubric has no app. */
  readonly http: ContractClient;
  /** The databases of this run, seen with the grader's own credentials. */
  readonly services: ServiceHandles;
  /**
   * Takes a service away from the app until the scope ends: open connections are cut and new ones refused. `services`
   * and other apps go on as before. Only for services that the check names in `interrupts`.
   */
  outage(kind: ServiceKind): Promise<AsyncDisposable>;
  /** A fresh copy of the submission, files and installed packages, to run commands in. */
  workspace(): Promise<Workspace>;
  /** The submission's files as they were handed in, read-only. */
  readonly files: SubmissionFiles;
  /** How each program of the rubric is started in this submission, by its name: `["node", "todo.js"]`. */
  readonly programs: Readonly<Record<string, readonly string[]>>;
  /** The environment that the app was given (service URLs, PORT, JWT_SECRET…). */
  readonly env: Readonly<Record<string, string>>;
  /** What the app has printed. */
  readonly logs: LogView;
}

/** Lines of an app's stdout and stderr, kept in a bounded ring. */
export interface LogView {
  /** How many lines were ever printed; pass it to `since` later. */
  mark(): number;
  /**
   * The lines printed after `mark` that are still kept, oldest first, without control characters. A line is cut
   * after `lineChars` characters (default 2,000, at most 16,384), and says so at its end.
   */
  since(mark: number, lineChars?: number): string[];
  /** The last `count` lines. */
  tail(count: number): string[];
}

/** Read access to the copy of the repository. Paths are relative with forward slashes; links are not followed out of it. */
export interface SubmissionFiles {
  /** The app's folder among them, such as `day-13`; empty or absent when it is the root. */
  readonly appFolder?: string;
  /** Where the learner says that the app is deployed. */
  readonly deployedUrl?: string | undefined;
  /** All regular files, without `node_modules` and `.git`, sorted. */
  list(): Promise<string[]>;
  /** A file's text, at most `maxBytes` (default 1 MB) of it; undefined when there is no such file. */
  read(path: string, maxBytes?: number): Promise<string | undefined>;
}

/** A private copy of the submission in the sandbox. */
export interface Workspace extends AsyncDisposable {
  /** Runs one command to its end, or kills its whole process tree at `timeoutMs` (default 30,000). */
  run(command: readonly string[], options?: RunOptions): Promise<CommandRun>;
  /** Starts a command that stays, such as a server script; ends with its scope. */
  start(command: readonly string[], options?: RunOptions): Promise<StartedCommand>;
  /** undefined when there is no such file. At most 1 MB. */
  readFile(path: string): Promise<string | undefined>;
  writeFile(path: string, content: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Relative paths of all regular files, without `node_modules` and `.git`. */
  listFiles(): Promise<string[]>;
}

export interface RunOptions {
  stdin?: string;
  env?: Record<string, string>;
  timeoutMs?: number;
  signal?: AbortSignal;
  /** SIGKILLs the process tree this many milliseconds after it started: a crash in the middle of its work. */
  killAfterMs?: number;
}

export interface StartedCommand extends AsyncDisposable {
  readonly logs: LogView;
  /** Resolves when it ends by itself. */
  readonly exited: Promise<{ exitCode: number | null; signal?: string }>;
  /** Where the first TCP port that the process tree listens on can be reached. Throws a LearnerError after `timeoutMs`. */
  origin(timeoutMs: number): Promise<string>;
}

/** Every kind of service. Where two use one variable name (DATABASE_URL, DB_HOST), the later one has it. */
export const SERVICE_KINDS = ['redis', 'mongo', 'postgres'] as const;
export type ServiceKind = (typeof SERVICE_KINDS)[number];

export interface HandleByKind {
  redis: RedisHandle;
  mongo: MongoHandle;
  postgres: PostgresHandle;
}

/** Handles by service kind; present when the rubric names the service. */
export type ServiceHandles = { readonly [Kind in ServiceKind]?: HandleByKind[Kind] };

/** How the database answered one statement. */
export interface StatementPlan {
  /** The statement as the database saw it. */
  statement: string;
  /** Every table or collection that it read. */
  scans: {
    relation: string;
    /** `sequential`: read from end to end; `index`: by an index. */
    kind: 'sequential' | 'index';
    /** Rows or documents that it looked at, as the database counted them. */
    examined: number;
    /** Rows or documents that came out of the scan. */
    returned: number;
  }[];
  /** The plan as the database prints it, for the evidence. */
  plan: string;
  durationMs: number;
}

export interface PostgresHandle {
  /** Runs SQL with the grader's credentials in the app's database; rows as objects. */
  query<Row = Record<string, unknown>>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Every statement that the app ran while `work` did, with its plan. Not to be called twice at once. */
  plans(work: () => Promise<void>): Promise<StatementPlan[]>;
  /** Tables of the app, with their columns. */
  tables(): Promise<{ name: string; columns: { name: string; type: string }[]; rows: number }[]>;
}

export interface MongoHandle {
  collections(): Promise<{ name: string; documents: number }[]>;
  /** Documents that match, at most `limit` (default 1,000), as plain JSON (ObjectIds as hex strings, dates as ISO strings). */
  find(collection: string, filter?: Record<string, unknown>, limit?: number): Promise<Record<string, unknown>[]>;
  count(collection: string, filter?: Record<string, unknown>): Promise<number>;
  /** Runs a pipeline, which may write ($merge, $out) and gives nothing back then. */
  aggregate(collection: string, pipeline: Record<string, unknown>[]): Promise<Record<string, unknown>[]>;
  insert(collection: string, documents: Record<string, unknown>[]): Promise<void>;
  plans(work: () => Promise<void>): Promise<StatementPlan[]>;
}

export interface RedisHandle {
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Keys that match a glob, at most 10,000. */
  keys(pattern?: string): Promise<string[]>;
  /** Every command that the app sent while `work` did (MONITOR), upper-case name first. */
  monitor(work: () => Promise<void>): Promise<string[][]>;
}

import type { CommandResult } from '../platform/process.ts';
import type { ProcessInfo } from '../platform/process-table.ts';
import type { Assumption } from '../report/schema.ts';
import type { AuthProxyOptions } from '../services/auth-proxy/auth-proxy.ts';
import type { Forward } from '../services/forwarder.ts';
import type { Sources } from './sources.ts';
import type { LogView, ServiceKind, SubmissionFiles, Workspace } from '../target/target.ts';

/** A private copy of a learner's repository. The original is never touched. Removed with its scope. */
export interface Submission extends AsyncDisposable {
  /** Name of the folder or repository. */
  name: string;
  /** The copy, absolute: the root of the repository. */
  root: string;
  /** The app's folder inside the copy, absolute (`root`, or `root/day-13`). */
  appDir: string;
  /** Where packages are installed, absolute: the nearest folder with a package.json at or above `appDir`, or the workspaces' root that it belongs to; undefined when there is none. */
  packageDir: string | undefined;
  /** HEAD of the original, when it is a git repository. */
  commit: string | undefined;
  dirty: boolean | undefined;
  files: SubmissionFiles;
  /** The texts among them, with their syntax. */
  sources: Sources;
  manifest: Manifest;
  /** How the app's folder was found, and what was left out of the copy. */
  assumptions: Assumption[];
}

/** What the learner's `grade.yaml` may say. Parsed by manifest.ts. */
export interface Manifest {
  /** Ids of the rubrics that this folder is graded by when a push changes it. */
  rubric?: string[] | undefined;
  path?: string | undefined;
  start?: string | undefined;
  build?: string | undefined;
  port?: number | undefined;
  env?: Record<string, string> | undefined;
  routes?: Record<string, string> | undefined;
  /** Where the app is deployed, for everybody to use. */
  deployedUrl?: string | undefined;
  /** Commands by the rubric's program name. */
  commands?: Record<string, string> | undefined;
}

/** How the submission is started, after detection. Commands run in the app's folder. */
export interface StartPlan {
  packageManager: PackageManager | 'none';
  build: string[] | undefined;
  /**
   * The file that the build makes, relative to the app's folder. When it is there after a build that failed
   * (type errors, as a rule), the app is started all the same.
   */
  produces: string | undefined;
  /** What is done to the databases before the app starts, in order. */
  migrate: Migration[];
  start: string[];
  /** What to start next, in order, when the command before ended with exit code 0 and had never listened. */
  instead: StartAlternative[];
  /** Set when the app can't be told where to listen. */
  port: number | undefined;
  env: Record<string, string>;
  /** Packages that these commands use and package.json does not declare, by version range: `{ tsx: '4' }`. */
  tools: Record<string, string>;
  assumptions: Assumption[];
}

export type PackageManager = 'npm' | 'yarn' | 'pnpm';

export interface StartAlternative {
  command: string[];
  /** Why it may start the app: "package.json has a dev script". */
  because: string;
}

/** A change of the database's schema: a command of the submission, or files of SQL, relative to the app's folder. */
export type Migration = ({ command: string[] } | { sql: string[] }) & {
  /** The evidence, with its place: "prisma/schema.prisma:5 …". */
  because: string;
};

/** Packages made ready for a submission, from the cache or fresh. */
export interface Installed {
  /** A folder that holds `node_modules` folders, shared between runs and never written to; undefined without dependencies. */
  modulesDir: string | undefined;
  /** Those folders, and where they belong. */
  modules: ModulesFolder[];
  /**
   * Another such folder, with one `node_modules`: tools that the app uses without declaring them. It belongs above
   * the copy, where it is found last.
   */
  toolsDir: string | undefined;
  durationMs: number;
  cached: boolean;
  assumptions: Assumption[];
}

/** One `node_modules` folder. Paths have forward slashes. */
export interface ModulesFolder {
  /** Relative to the folder of all. */
  from: string;
  /** Relative to the repository's root. */
  at: string;
  /** Packages of the repository itself among those in it: where each lies, relative to the repository's root, by name. */
  own: Record<string, string>;
}

/** Limits of one sandbox. */
export interface Limits {
  memoryMb: number;
  cpus: number;
  processes: number;
  /** Of all that it writes: its files and /tmp. */
  diskMb: number;
  /** Bytes of output kept. */
  outputBytes: number;
}

export interface SandboxOptions {
  submission: Submission;
  installed: Installed;
  limits: Limits;
  /** Docker network of the run; undefined in the local runtime. */
  network: string | undefined;
  /** Host names that stand for the sandbox's own localhost, where the runtime can have that. */
  hosts?: readonly string[];
  /** A certificate (PEM) that learner code is to trust, as those of the system. */
  trust?: string | undefined;
  signal: AbortSignal;
}

/** Where learner code runs. */
export interface Runtime {
  name: 'docker' | 'local';
  available(): Promise<{ ok: true; detail: string } | { ok: false; reason: string; mend: string }>;
  /** Makes the run's private network for app and services; undefined where the runtime needs none. */
  network(signal: AbortSignal): Promise<RunNetwork | undefined>;
  /** What packages with binaries must fit; part of the key under which installed packages are kept. */
  platform(): Promise<Platform>;
  /**
   * Runs the install scripts of the dependencies in `dir` (package.json and node_modules) in place, without
   * network where the runtime can keep it away. A failure of theirs is in the result.
   */
  runInstallScripts(
    dir: string,
    options: { limits: Limits; timeoutMs: number; signal: AbortSignal },
  ): Promise<CommandResult>;
  open(options: SandboxOptions): Promise<Sandbox>;
}

export interface Platform {
  /** As Node and npm name them: `linux`, `x64`, `glibc`. */
  os: string;
  cpu: string;
  libc: string | undefined;
  /** Node's version, such as `24.21.0`. */
  node: string;
}

export interface RunNetwork extends AsyncDisposable {
  /** Docker's name of it. */
  name: string;
  /** Puts a forwarder into it, under a server's names, to a server outside of it. */
  forward: Forward;
}

/** One submission's place to run in. Everything started in it ends with its scope. */
export interface Sandbox extends AsyncDisposable {
  /** Where an app in it should listen: for PORT and HOST. A free port each time. */
  address(): Promise<{ host: string; port: number }>;
  /** Ports that an app in it can't have, because somebody else on this machine listens on them. */
  occupied(): Promise<ReadonlyMap<number, OccupiedPort>>;
  /** A fresh copy of the submission for commands. */
  workspace(): Promise<Workspace>;
  /** Lays out the app's own copy, which `startApp` otherwise does; to be called after a build, if there is one. */
  prepare(): Promise<void>;
  /** Has learner code find databases at ports of its localhost, from now on; to be called once. */
  proxy(list: readonly AuthProxyOptions[]): Promise<SandboxProxies>;
  /** Starts the app in its own copy, which stays as it is from one start to the next, and returns at once. */
  startApp(command: readonly string[], env: Record<string, string>): Promise<AppProcess>;
  /**
   * Runs a build, without network where the runtime can keep it away; every later copy has its result.
   *
   * @param produces a file that it makes, relative to the app's folder: when that is there, a build that failed is
   *   good enough, and what is assumed is returned
   * @throws {LearnerError} with the last lines when it fails
   */
  build(command: readonly string[], env: Record<string, string>, produces?: string): Promise<Assumption[]>;
}

/** A port that was taken before an app was started. */
export interface OccupiedPort {
  /** Who listens there, where this user may see it. */
  holder(): Promise<ProcessInfo | undefined>;
}

/** Databases at ports of a sandbox's localhost. End with the sandbox. */
export interface SandboxProxies {
  /** Ports that lead to no database of the app's, because something else of this machine listens there. */
  taken: readonly number[];
  /** Resolves when open connections have been reset and new ones are refused. */
  interrupt(kind: ServiceKind): Promise<void>;
  /** Resolves when they are let in again. */
  restore(kind: ServiceKind): Promise<void>;
}

/** The running app. */
export interface AppProcess extends AsyncDisposable {
  readonly logs: LogView;
  /** Bytes printed so far, kept or not. */
  outputBytes(): number;
  /** Resolves when the app ends, by itself or not. */
  readonly exited: Promise<AppExit>;
  /** TCP ports that the process tree listens on. */
  listening(): Promise<number[]>;
  /** The processes of its tree that live; undefined where they can't be seen. */
  processes(): Promise<ProcessInfo[] | undefined>;
  /** How the grader reaches a port of the app: `http://127.0.0.1:49152`. */
  origin(port: number): string;
}

export interface AppExit {
  exitCode: number | null;
  signal: string | undefined;
  /** The memory limit ended it. */
  outOfMemory: boolean;
}

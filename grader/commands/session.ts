/** What a command may use of the process that it runs in. */
export interface Session {
  /** The process's environment; commands parse it with `readSettings`. */
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  /** Aborted by Ctrl-C and SIGTERM. */
  signal: AbortSignal;
  /** Sets the exit code; the process ends when everything is wound up. */
  exit(code: number): void;
}

import type { CommandResult } from '../platform/process.ts';
import type { CommandRun } from '../report/schema.ts';

/** A finished command as the report has it. A command that could not be started looks as it does in a shell: exit code 127. */
export function commandRun(command: readonly string[], stdin: string | undefined, result: CommandResult): CommandRun {
  const missing = result.spawnError !== undefined;
  return {
    command: [...command],
    ...(stdin === undefined ? {} : { stdin }),
    exitCode: missing ? 127 : result.exitCode,
    ...(result.signal === undefined ? {} : { signal: result.signal }),
    timedOut: result.timedOut,
    stdout: result.stdout,
    stderr: missing ? `${command[0]}: not found (${result.spawnError})\n` : result.stderr,
    durationMs: result.durationMs,
  };
}

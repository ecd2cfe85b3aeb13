import { Command } from 'commander';
import * as action from './commands/action.ts';
import * as doctor from './commands/doctor.ts';
import * as explain from './commands/explain.ts';
import * as grade from './commands/grade.ts';
import * as init from './commands/init.ts';
import * as list from './commands/list.ts';
import * as regrade from './commands/regrade.ts';
import * as rubric from './commands/rubric.ts';
import * as serve from './commands/serve.ts';
import type { Session } from './commands/session.ts';
import { version } from './version.ts';
import { explainSystemError, InfrastructureError, KnownError } from './platform/errors.ts';

/** What each exit code means. */
export const EXIT = { passed: 0, belowPassMark: 1, usage: 2, notGraded: 3, interrupted: 130 } as const;

/**
 * Runs one command line and sets the process's exit code. Anything heavy is loaded by the command that
 * needs it, so that `--help` answers at once.
 *
 * @param argv without the node and script paths
 */
export async function main(argv: readonly string[]): Promise<void> {
  const interrupt = new AbortController();
  const onSignal = () => {
    // The first Ctrl-C winds up in order; the second does not wait.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort(new Interrupted());
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  // A reader that goes away (`grade … | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) =>
    process.exit(error.code === 'EPIPE' ? 0 : EXIT.notGraded),
  );

  const session: Session = {
    env: process.env,
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    signal: interrupt.signal,
    exit: (code) => {
      process.exitCode = code;
    },
  };
  try {
    await program(session).parseAsync([...argv], { from: 'user' });
  } catch (error) {
    process.exitCode = explainError(error, interrupt.signal);
  }
}

/** The whole command line as commander knows it. */
function program(session: Session): Command {
  const root = new Command('grade')
    .description(
      'Grades a repository of the backend course: boots it beside real databases, checks it against a rubric, explains every mark.',
    )
    .version(version, '--version', 'print the version')
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'grade: ')) })
    .showHelpAfterError('(grade --help says more)')
    .helpCommand(false)
    .addHelpText(
      'after',
      `
Examples:
  $ grade day-13                 grade this folder
  $ grade day-13 ../my-api       grade another one
  $ grade explain day-13         what is asked, and what it is worth

Exit codes: ${EXIT.passed} passed · ${EXIT.belowPassMark} below the pass mark · ${EXIT.usage} wrong use or configuration · ${EXIT.notGraded} not graded (no fault of the submission) · ${EXIT.interrupted} interrupted`,
    );
  root.exitOverride((error) => {
    process.exit(error.exitCode === 0 ? 0 : EXIT.usage);
  });
  for (const command of [grade, list, explain, init, doctor, regrade, rubric, serve, action]) {
    command.define(root, session);
  }
  return root;
}

/** Says what went wrong on stderr, with a stack only where nobody foresaw it; gives the exit code. */
function explainError(thrown: unknown, signal: AbortSignal): number {
  const error = explainSystemError(thrown);
  if (signal.aborted) {
    console.error('\ngrade: interrupted; everything that was started is stopped.');
    return EXIT.interrupted;
  }
  if (error instanceof KnownError) {
    console.error(`grade: ${error.message}${error.mend ? `\n${' '.repeat(7)}${error.mend}` : ''}`);
    return error instanceof InfrastructureError ? EXIT.notGraded : EXIT.usage;
  }
  console.error('grade: this should not have happened:');
  console.error(error);
  return EXIT.notGraded;
}

class Interrupted extends Error {
  override name = 'Interrupted';
  constructor() {
    super('interrupted');
  }
}

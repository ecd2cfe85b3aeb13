import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Session } from './session.ts';

/** Options of `grade serve`. */
export interface ServeOptions {
  host: string;
  port: number;
  concurrency: number;
  grace: number;
  runtime: 'docker' | 'local';
  course?: string;
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
}

/** `grade serve`: a GitHub App that grades what is pushed. */
export function define(root: Command, session: Session): void {
  root
    .command('serve')
    .description('grade what is pushed, as a GitHub App (its settings come from the environment: see the README)')
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('--port <number>', 'where to listen', wholeNumber(0, 65_535), 8080)
    .option('--concurrency <number>', 'how many commits are graded at a time', wholeNumber(1, 64), 1)
    .option(
      '--grace <seconds>',
      'how long a grading may go on after SIGTERM; then it starts anew after the next start',
      wholeNumber(0, 3600),
      30,
    )
    .option('--course <file>', 'a course’s own points and pass marks, a YAML file on this machine')
    .addOption(
      new Option('--runtime <where>', 'where submissions run; "local" gives their code this machine')
        .choices(['docker', 'local'])
        .default('docker'),
    )
    .addOption(
      new Option('--services <from>', 'where databases come from')
        .choices(['auto', 'testcontainers', 'embedded', 'external'])
        .default('auto'),
    )
    .action(async (options: ServeOptions) => {
      const { serve } = await import('./serve/run.ts');
      session.exit(await serve(options, session));
    });
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!Number.isInteger(number) || number < least || number > most)
      throw new InvalidArgumentError(`It is a whole number from ${least} to ${most}.`);
    return number;
  };
}

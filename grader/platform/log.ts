import { type Logger as PinoLogger, pino } from 'pino';

export type Logger = PinoLogger;

/** Names whose values never reach a log, wherever they stand in a logged object. */
const SECRET_PATHS = ['password', 'token', 'secret', 'authorization', 'cookie', 'env'].flatMap((name) => [
  name,
  `*.${name}`,
  `*.*.${name}`,
]);

/**
 * The grader's own diagnostic log: JSON lines on stderr, so that stdout stays a report.
 *
 * @param level a pino level; `silent` where the user asked for nothing
 */
export function createLogger(level: string): Logger {
  return pino(
    { level, redact: { paths: SECRET_PATHS, censor: '[redacted]' } },
    pino.destination({ dest: 2, sync: true }),
  );
}

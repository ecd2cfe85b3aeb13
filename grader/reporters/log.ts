import type { Logger } from '../platform/log.ts';
import type { Reporter } from './reporter.ts';

/** The run as structured log lines, for operators: what happened when, never what a submission printed. */
export function logReporter(logger: Logger): Reporter {
  return {
    begin: ({ rubric, submission, criteria }) =>
      logger.info({ rubric, submission, criteria: criteria.length }, 'grading begins'),
    phase: ({ title, state, detail }) =>
      logger[state === 'failed' ? 'warn' : 'debug']({ phase: title, state, detail }, 'phase'),
    criterionEnd: ({ id, verdict, evidence }) =>
      logger[evidence.status === 'errored' ? 'error' : 'debug'](
        {
          criterion: id,
          fraction: verdict.fraction,
          fault: verdict.fault,
          reason: verdict.reason,
          durationMs: evidence.durationMs,
        },
        'criterion',
      ),
    notice: (line) => logger.info(line),
    report: ({ id, score, durationMs, seed }) => logger.info({ report: id, score, durationMs, seed }, 'graded'),
  };
}

import type { CriterionResult } from '../../report/schema.ts';
import { criterion, none, ORIGIN } from './parts.ts';

/** Criteria whose check a fault kept from its end, a command, and one that was not graded. */
export function stoppedCriteria(): CriterionResult[] {
  return [
    criterion(
      'sums-up-orders',
      'The sales summary comes within five seconds',
      5,
      none('timeout', 'GET /orders/summary did not answer within 5 s'),
      {
        check: 'http-flow',
        status: 'failed',
        fault: 'timeout',
        reason: 'GET /orders/summary did not answer within 5 s',
        hint: 'Sum in SQL (GROUP BY), rather than with one query for each order.',
        exchanges: [
          {
            request: {
              method: 'GET',
              url: `${ORIGIN}/api/v1/orders/summary`,
              headers: { accept: 'application/json', authorization: 'Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjF9.x' },
            },
            error: 'did not answer within 5 s',
            durationMs: 5001,
          },
        ],
        logs: ['SELECT * FROM order_items WHERE order_id = 18211', 'SELECT * FROM order_items WHERE order_id = 18212'],
      },
    ),
    criterion(
      'exports-csv',
      'All products can be exported as CSV',
      5,
      none('out-of-memory', 'the app was stopped: it used more than 512 MB of memory'),
      {
        check: 'http-flow',
        status: 'failed',
        fault: 'out-of-memory',
        reason: 'the app was stopped: it used more than 512 MB of memory',
        hint: 'Stream rows to the response (pg-query-stream) instead of collecting them all first.',
        logs: [
          '<--- Last few GCs --->',
          'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
        ],
      },
    ),
    criterion(
      'benchmark-script',
      '`npm run benchmark` compares before and after',
      3,
      none('learner', 'not so: it prints requests per second for both'),
      {
        check: 'command',
        hint: 'Print one line for each variant, such as "before 812 req/s".',
        assertions: [
          {
            title: 'It prints requests per second for both',
            ok: false,
            expected: 'text that matches /before.+req.*after.+req/',
            received: 'before undefined req/s',
            command: 0,
          },
          { title: 'It ends with exit code 0', ok: false, received: 'not tried, because an earlier step failed' },
        ],
        commands: [
          {
            command: ['npm', 'run', 'benchmark', '--', "--duration=2 it's"],
            stdin: 'yes\n',
            exitCode: 1,
            timedOut: false,
            stdout: 'before undefined req/s\n',
            stderr: 'connect ECONNREFUSED ::1:3000\n',
            durationMs: 812,
          },
        ],
      },
    ),
    criterion(
      'limits-logins',
      'Guessing passwords is slowed down',
      2,
      {
        fraction: null,
        earned: null,
        fault: 'infrastructure',
        reason: 'the check “rate-limit” failed: connect ETIMEDOUT to redis',
      },
      {
        check: 'rate-limit',
        status: 'errored',
        fault: 'infrastructure',
        reason: 'the check “rate-limit” failed: connect ETIMEDOUT to redis',
        mend: 'Run it again. If it happens twice, run `grade doctor`.',
      },
    ),
  ];
}

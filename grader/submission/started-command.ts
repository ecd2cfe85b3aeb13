import { LearnerError } from '../platform/errors.ts';
import type { StartedCommand } from '../target/target.ts';
import { explainStart } from './diagnosis.ts';
import { waitUntilReady } from './readiness.ts';
import type { AppProcess } from './submission.ts';

/** A process that was started in a workspace, as checks see it. */
export function startedCommand(app: AppProcess, command: readonly string[], signal: AbortSignal): StartedCommand {
  return {
    logs: app.logs,
    exited: app.exited.then(({ exitCode, signal: ended }) =>
      ended === undefined ? { exitCode } : { exitCode, signal: ended },
    ),
    async origin(timeoutMs) {
      const readiness = await waitUntilReady(app, { preferred: undefined, timeoutMs, signal });
      if (readiness.state === 'ready') return readiness.origin;
      const { reason, mend, fault } = explainStart(readiness, app.logs.tail(40), {
        what: `"${command.join(' ')}"`,
        timeoutMs,
        preferred: undefined,
      });
      throw new LearnerError(reason, { fault, logs: app.logs.tail(40), ...(mend === undefined ? {} : { mend }) });
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

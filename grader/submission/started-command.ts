import type { StartedCommand } from '../target/target.ts';
import { explainStart, startError } from './diagnosis.ts';
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
      const logs = app.logs.tail(40);
      const what = `"${command.join(' ')}"`;
      throw startError(explainStart(readiness, logs, { what, timeoutMs, preferred: undefined }), logs);
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

import type { Reporter, ReporterOptions } from './reporter.ts';
import { liveProgress } from './terminal/live.ts';
import { plainProgress } from './terminal/plain.ts';
import { renderResult } from './terminal/result.ts';
import { withoutWorkflowCommands } from './terminal/workflow-commands.ts';

/** Progress while the run goes on, then the result. */
export function reporter(options: ReporterOptions): Reporter {
  const { stream, live = false, color = false, htmlFile } = options;
  const say = (text: string): void => void stream.write(withoutWorkflowCommands(text));
  const progress = live ? liveProgress(stream, { color }) : plainProgress(say, { color });
  return {
    ...progress,
    report(report) {
      progress.report?.(report);
      say(`\n${renderResult(report, { columns: stream.columns, color, htmlFile })}`);
    },
  };
}

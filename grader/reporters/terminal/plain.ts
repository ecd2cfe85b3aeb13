import { printableLine } from '../../platform/printable.ts';
import { duration, outcomeOf, points } from '../outcome.ts';
import type { Reporter } from '../reporter.ts';
import { Page } from './page.ts';
import { Progress } from './progress.ts';

/**
 * One line for everything that happens, for logs and pipes. Nothing is redrawn.
 *
 * @param write takes text that ends with a newline
 */
export function plainProgress(
  write: (text: string) => void,
  options: { color: boolean; now?: () => number },
): Reporter {
  const progress = new Progress(options.now ?? (() => performance.now()));
  const { ink, mark } = pageOf(options);
  const say = (line: string): void => write(`${line}\n`);
  return {
    begin(run) {
      progress.begin(run);
      say(
        `Grading ${printableLine(run.submission)} against ${printableLine(run.rubric)} (${printableLine(run.title)})`,
      );
    },
    phase(event) {
      const { title, state, detail, startedAt, endedAt } = progress.phase(event);
      if (state === 'started') return;
      const aside = detail === undefined ? '' : `, ${printableLine(detail)}`;
      say(
        `${state === 'done' ? ink.green('✔') : ink.red('✘')} ${printableLine(title)} (${duration((endedAt ?? startedAt) - startedAt)}${aside})`,
      );
    },
    progress(transfer) {
      // Once, when it begins: a bar needs a terminal.
      if (!progress.transfers.has(transfer.what) && transfer.fraction < 1) say(`· ${printableLine(transfer.what)} …`);
      progress.progress(transfer);
    },
    criterionStart: (criterion) => progress.criterionStart(criterion),
    criterionEnd(result) {
      const { startedAt, endedAt } = progress.criterionEnd(result);
      const earned =
        result.verdict.earned === null ? 'not graded' : `${points(result.verdict.earned)} / ${points(result.points)}`;
      say(
        `${mark(outcomeOf(result))} ${earned}  ${printableLine(result.title)} (${duration((endedAt ?? startedAt) - startedAt)})`,
      );
    },
    notice: (line) => say(`· ${printableLine(line)}`),
  };
}

function pageOf(options: { color: boolean }): { ink: Page['ink']; mark: Page['mark'] } {
  const page = new Page(options);
  return { ink: page.ink, mark: (outcome) => page.mark(outcome) };
}

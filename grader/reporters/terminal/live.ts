import { createLogUpdate } from 'log-update';
import { printableLine } from '../../platform/printable.ts';
import { duration, outcomeOf, points } from '../outcome.ts';
import type { Reporter, TextStream } from '../reporter.ts';
import { clip, Page } from './page.ts';
import { type CriterionProgress, type PhaseProgress, Progress } from './progress.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const METER_WIDTH = 30;
const DEFAULT_ROWS = 24;

/** One block at the foot of the terminal that is redrawn while the run goes on, and taken away at its end. */
export function liveProgress(stream: TextStream, options: { color: boolean; now?: () => number }): Reporter {
  const progress = new Progress(options.now ?? (() => performance.now()));
  // log-update asks for the whole interface of a stream and uses what TextStream has.
  const block = createLogUpdate(stream as unknown as NodeJS.WritableStream);
  const draw = (): void => {
    const page = new Page({ columns: stream.columns, color: options.color });
    block(renderProgress(progress, page, stream.rows ?? DEFAULT_ROWS).join('\n'));
  };
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  return {
    begin(run) {
      progress.begin(run);
      timer = setInterval(draw, FRAME_MS).unref();
      draw();
    },
    phase: (phase) => void progress.phase(phase),
    progress: (transfer) => progress.progress(transfer),
    criterionStart: (criterion) => progress.criterionStart(criterion),
    criterionEnd: (result) => void progress.criterionEnd(result),
    notice(line) {
      const page = new Page({ columns: stream.columns, color: options.color });
      block.persist(page.ink.dim(page.wrap(`· ${printableLine(line)}`, 1, 3).join('\n')));
      if (timer !== undefined) draw();
    },
    report() {
      stop();
      block.clear();
      block.done();
    },
    async [Symbol.asyncDispose]() {
      // Still running when the run was broken off: what it had come to stays on the screen.
      if (timer !== undefined) draw();
      stop();
      block.done();
    },
  };
}

/** The block's lines: fewer than `rows`, each narrower than the terminal. */
export function renderProgress(progress: Progress, page: Page, rows: number): string[] {
  const { bold, dim } = page.ink;
  const now = progress.now();
  const frame = page.ink.cyan(FRAMES[Math.floor(now / FRAME_MS) % FRAMES.length] ?? '');
  const total = progress.run?.criteria.length ?? progress.criteria.size;
  const ended = [...progress.criteria.values()].filter(({ endedAt }) => endedAt !== undefined);
  const running = [...progress.criteria.values()].filter(({ endedAt }) => endedAt === undefined);
  const name =
    progress.run === undefined
      ? 'grade'
      : `${page.line(progress.run.rubric)}  ${page.line(progress.run.title, page.width - 30)}`;
  const head = ['', ...page.spread(bold(name), dim(duration(now - progress.startedAt))).slice(0, 1)];
  const counted =
    total === 0
      ? []
      : [
          clip(
            ` ${bar(page, ended.length / total)} ${ended.length} of ${total} criteria${earnedSoFar(ended)}`,
            page.width,
          ),
        ];
  // What is always there: the head, two blank lines, the count; and the row that the cursor is in.
  let room = Math.max(3, rows - head.length - 4);
  const take = (lines: string[], most: number): string[] => {
    const taken = lines.slice(Math.max(0, lines.length - Math.min(most, room)));
    room -= taken.length;
    return taken;
  };
  const current = take(
    running.map((criterion) => runningLine(page, criterion, frame, now)),
    Math.ceil(room / 3),
  );
  const transfers = take(
    [...progress.transfers].map(([what, fraction]) => transferLine(page, what, fraction)),
    Math.ceil(room / 3),
  );
  const phases = take(
    [...progress.phases.values()].map((phase) => phaseLine(page, phase, frame, now)),
    Math.ceil(room / 2),
  );
  const done = take(
    ended.map((criterion) => endedLine(page, criterion)),
    room,
  );
  return [
    ...head,
    '',
    ...phases,
    ...transfers,
    ...(ended.length + running.length > 0 ? ['', ...counted, ...done, ...current] : []),
  ];
}

function phaseLine(
  page: Page,
  { title, state, detail, startedAt, endedAt }: PhaseProgress,
  frame: string,
  now: number,
): string {
  const { dim, green, red } = page.ink;
  const mark = state === 'started' ? frame : state === 'done' ? green('✔') : red('✘');
  const time = duration((endedAt ?? now) - startedAt);
  const left = clip(printableLine(title), page.width - 16);
  const aside = detail === undefined ? '' : `  ${printableLine(detail)}`;
  return clip(` ${mark} ${left}  ${dim(`${time}${aside}`)}`, page.width);
}

/** How far a download has come. */
function transferLine(page: Page, what: string, fraction: number): string {
  return clip(
    `   ${bar(page, fraction)} ${clip(printableLine(what), page.width - 20)}  ${page.ink.dim(`${Math.floor(fraction * 100)}%`)}`,
    page.width,
  );
}

function runningLine(page: Page, { title, startedAt }: CriterionProgress, frame: string, now: number): string {
  return ` ${frame} ${clip(printableLine(title), page.width - 16)}  ${page.ink.dim(duration(now - startedAt))}`;
}

function endedLine(page: Page, { title, result }: CriterionProgress): string {
  if (result === undefined) return '';
  const earned = result.verdict.earned === null ? '–' : points(result.verdict.earned);
  return ` ${page.mark(outcomeOf(result))} ${clip(printableLine(title), page.width - 16)}  ${page.ink.dim(`${earned} / ${points(result.points)}`)}`;
}

function earnedSoFar(ended: CriterionProgress[]): string {
  const earned = ended.reduce((sum, { result }) => sum + (result?.verdict.earned ?? 0), 0);
  return ended.length === 0 ? '' : `, ${points(earned)} points so far`;
}

function bar(page: Page, share: number): string {
  const width = Math.min(METER_WIDTH, Math.floor(page.width / 3));
  const filled = Math.round(width * Math.min(1, share));
  return page.ink.cyan('━'.repeat(filled)) + page.ink.dim('─'.repeat(width - filled));
}

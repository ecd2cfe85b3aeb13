import { appendFile, stat } from 'node:fs/promises';
import { messageOf } from '../../platform/errors.ts';
import { heading, markdown, text } from '../markdown/nodes.ts';
import type { TextStream } from '../reporter.ts';
import type { Fallback } from './poster.ts';
import type { Posting } from './posting.ts';
import { annotationCommand, plainLine, withoutCommands, workflowCommand } from './workflow-commands.ts';

/** What GitHub takes of a step's summary; a larger one is dropped whole. */
const MOST_BYTES = 1024 * 1024;

export interface JobSummaryOptions {
  /** The file that `GITHUB_STEP_SUMMARY` names; undefined outside of a job. */
  summaryFile: string | undefined;
  /** The job's log, which obeys workflow commands. */
  stream: TextStream;
}

/**
 * The fallback inside of a job, where no check run can be written: the same Markdown in the job's summary, the
 * same notes by workflow commands, and the reason as a warning. Without a summary, the Markdown goes to the log.
 */
export function jobSummary({ summaryFile, stream }: JobSummaryOptions): Fallback {
  return async (posting, trouble) => {
    stream.write(workflowCommand('warning', { title: 'No check run' }, `${trouble.message}\n${trouble.mend}`));
    for (const annotation of posting.annotations) stream.write(annotationCommand(annotation));
    const document = documentOf(posting);
    try {
      await appendSummary(summaryFile, document);
      return 'the job summary';
    } catch (error) {
      stream.write(plainLine(`The job summary could not be written (${messageOf(error)}), so it follows here.`));
      using log = withoutCommands(stream);
      log.write(document);
      return 'the log';
    }
  };
}

function documentOf({ title, summary, text: details }: Posting): string {
  return [markdown([heading(2, text(title))]), summary, details ?? ''].filter((part) => part !== '').join('\n');
}

/** @throws when there is no such file, it can't be written, or the summary would become too large */
async function appendSummary(file: string | undefined, document: string): Promise<void> {
  if (file === undefined) throw new Error('GITHUB_STEP_SUMMARY is not set');
  const there = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  const addition = there === 0 ? document : `\n\n${document}`;
  if (there + Buffer.byteLength(addition) > MOST_BYTES) throw new Error('it has no room left');
  await appendFile(file, addition);
}

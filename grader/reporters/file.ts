import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf, UsageError } from '../platform/errors.ts';
import type { Report } from '../report/schema.ts';
import type { ReporterFactory } from './reporter.ts';

/** Makes a reporter of a function from report to text: written whole to a file, or to the stream. */
export function documentReporter(render: (report: Report) => string | Promise<string>): ReporterFactory {
  return ({ file, stream }) => {
    let written: Promise<void> | undefined;
    return {
      report(report) {
        written = output(report);
        // Awaited when the reporter is disposed of; a failure must not be reported as unhandled before.
        written.catch(() => {});
      },
      async [Symbol.asyncDispose]() {
        await written;
      },
    };

    async function output(report: Report): Promise<void> {
      const text = await render(report);
      if (file === undefined) stream.write(text.endsWith('\n') ? text : `${text}\n`);
      else await replaceFile(file, text);
    }
  };
}

/** Writes beside the file and renames, so that a reader never sees half a report. */
async function replaceFile(file: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.partial`, text);
    await rename(`${file}.partial`, file);
  } catch (error) {
    throw new UsageError(`can't write ${file}: ${messageOf(error)}`, {
      mend: 'Name a file in a folder that exists and that you may write to.',
      cause: error,
    });
  }
}

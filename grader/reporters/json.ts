import { z } from 'zod';
import { type Report, reportSchema } from '../report/schema.ts';
import { documentReporter } from './file.ts';

/** The whole report as JSON; `regrade` reads it back. */
export const reporter = documentReporter(renderJson);

/** A report as JSON text, indented, with a newline at its end. */
export function renderJson(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

/** The JSON Schema (draft 2020-12) of what this reporter writes, for those who read reports in other languages. */
export function reportJsonSchema(): Record<string, unknown> {
  return { title: 'Report of grade', ...z.toJSONSchema(reportSchema) };
}

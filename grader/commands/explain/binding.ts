import { resolve } from 'node:path';
import type { Colors } from 'picocolors/types.js';
import { UsageError } from '../../platform/errors.ts';
import { printableLine } from '../../platform/printable.ts';
import type { BindingFacts } from '../../report/schema.ts';
import { contractOf } from '../../rubric/contract.ts';
import type { Rubric } from '../../rubric/schema.ts';
import { readSettings } from '../../settings.ts';
import { bindByFiles } from '../../submission/bind.ts';
import { checkout } from '../../submission/checkout.ts';
import { bindingFacts } from '../../target/describe.ts';
import { readReport } from '../regrade/regrade.ts';
import type { Session } from '../session.ts';

/** How a contract is mapped onto a submission, and how much of that is known. */
export interface BindingExplained extends BindingFacts {
  /** True: from its files alone; what they leave open is seen when it is graded. */
  byFiles: boolean;
}

/**
 * What a submission's files say of its binding. Nothing of it is run.
 *
 * @throws {UsageError} for a folder or grade.yaml that is wrong
 */
export async function bindingByFiles(rubric: Rubric, path: string, session: Session): Promise<BindingExplained> {
  const settings = readSettings(session.env);
  await using submission = await checkout(resolve(session.cwd, path), {
    rubric: rubric.rubric,
    path: settings.environment['PATH'] ?? '',
    signal: session.signal,
  });
  const contract = contractOf(rubric);
  const { binding, doubts } = bindByFiles(submission, contract);
  return { ...bindingFacts(contract, binding, doubts), byFiles: true };
}

/** The binding that a report holds. @throws {UsageError} for a file that is no report, or one that has none */
export async function bindingOfReport(file: string, session: Session): Promise<BindingExplained> {
  const { binding } = await readReport(resolve(session.cwd, file));
  if (binding === undefined)
    throw new UsageError(`${file} holds no binding: its rubric has no contract, or the app did not come so far`);
  return { ...binding, byFiles: false };
}

/** A binding for a person at a terminal. Texts of the submission are made harmless. */
export function renderBinding(title: string, facts: BindingExplained, colors: Colors): string {
  const operations = Object.entries(facts.operations);
  const width = (texts: readonly string[]) => Math.max(0, ...texts.map(({ length }) => length));
  const names = width(operations.map(([name]) => name));
  const requests = width(operations.map(([, { request }]) => request));
  const lines = [colors.bold(printableLine(title)), ''];
  for (const [name, { request, contract, from, at, differences }] of operations) {
    const moved = request === contract ? '' : ` (in the contract: ${contract})`;
    const origin = printableLine(`${at ?? from}${moved}`);
    lines.push(`  ${name.padEnd(names)}  ${printableLine(request).padEnd(requests)}  ${colors.dim(origin)}`.trimEnd());
    for (const difference of differences) lines.push(`  ${' '.repeat(names)}  ${printableLine(difference)}`);
  }
  lines.push('', `  A token is sent as ${printableLine(`${facts.token.header}: ${facts.token.prefix}<token>`)}`);
  if (facts.errorField !== undefined) lines.push(`  Errors are read from "${printableLine(facts.errorField)}"`);
  if (facts.rehearsed.length > 0) {
    const heading = facts.byFiles
      ? 'The files leave this open; the app is tried before it is graded:'
      : 'The app was tried before it was graded, because:';
    lines.push('', `  ${heading}`, ...facts.rehearsed.map((doubt) => `  · ${printableLine(doubt)}`));
  }
  return `${lines.join('\n')}\n`;
}

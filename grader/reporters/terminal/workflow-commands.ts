/** `::error …` at a line's start, also after blanks and colours. */
// oxlint-disable-next-line no-control-regex -- colours begin with one
const COMMAND = /^((?:[ \t]|\u001b\[[\d;]*m)*)::/gm;

/**
 * Breaks what a GitHub runner would obey in a job's log: lines that begin with `::`, and `##[`
 * anywhere (see `ActionCommand.cs` in actions/runner). Other text stays as it is.
 */
export function withoutWorkflowCommands(text: string): string {
  return text.replaceAll(COMMAND, '$1: :').replaceAll('##[', '# #[');
}

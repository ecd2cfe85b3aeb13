const COUNT = 3;
const MAX_LENGTH = 200;

/** Why a server ended, from what it printed: the last lines that sound like it, else the last lines; on one line. */
export function lastLines(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  // MongoDB logs JSON with a severity (F: fatal, E: error), and after a crash many lines of stack.
  const telling = lines.filter((line) => /"s":"[FE]"|\b(?:fatal|panic|error|no space)\b/i.test(line));
  const shown = (telling.length > 0 ? telling : lines).slice(-COUNT).map((line) => line.slice(0, MAX_LENGTH));
  return shown.join(' | ') || 'it printed nothing';
}

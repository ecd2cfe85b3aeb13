/** A script of package.json or grade.yaml as words. A shell is put before it only where it uses one. */
export function commandWords(line: string): string[] {
  const words = line.trim().split(/\s+/);
  const plain = /^[\w@%+,./:=\s-]*$/.test(line) && !/^\w+=/.test(line) && !SHELL_WORDS.has(words[0] ?? '');
  return plain ? words : ['sh', '-c', line];
}

const SHELL_WORDS = new Set([
  'cd',
  'export',
  'exec',
  'source',
  '.',
  'set',
  'if',
  'for',
  'while',
  'test',
  'true',
  'false',
  'exit',
  'eval',
  'command',
  'trap',
  'wait',
]);

import type { Assumption } from '../report/schema.ts';

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

/**
 * Takes the watcher out of a start script: one that waits for files to change after a crash
 * would hide the crash.
 */
export function withoutWatcher(line: string): { line: string; assumption: Assumption | undefined } {
  const plain = line
    .replace(
      /(^|&&\s*|\s)(?:npx\s+)?nodemon\s+((?:--?[\w-]+(?:[= ](?!\S+\.(?:[cm]?[jt]s))\S+)?\s+)*)(\S+\.([cm]?)(js|ts))/g,
      (whole, before: string, flags: string, file: string, _kind: string, language: string) =>
        /--exec|-x\b/.test(flags) ? whole : `${before}${language === 'ts' ? 'ts-node' : 'node'} ${file}`,
    )
    .replace(/\b(?:npx\s+)?nodemon\s+\.(?=\s|$)/g, 'node .')
    .replace(
      /\bnodemon\s+(?:--watch\s+\S+\s+)*(?:--ext\s+\S+\s+|-e\s+\S+\s+)*(?:--exec|-x)\s+(["']?)([^"']+?)\1(?=\s|$)(.*)$/,
      (_whole, _quote, command: string, rest: string) => `${command}${rest}`,
    )
    .replace(/\btsx\s+watch\b/g, 'tsx')
    .replace(/\bts-node-dev\b(?:\s+--(?:respawn|clear|watch\s+\S+|exit-child|rs))*/g, 'ts-node')
    .replace(
      /\bnode((?:\s+-\S+)*)/g,
      (_whole, flags: string) => `node${flags.replace(/\s+--watch(?:-preserve-output|-path(?:=\S+)?)?/g, '')}`,
    );
  if (plain === line) return { line, assumption: undefined };
  return {
    line: plain,
    assumption: { what: `The app is started by "${plain}"`, because: `"${line}" watches files, which hides crashes` },
  };
}

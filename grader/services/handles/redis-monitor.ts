/** Kept of each argument, in characters. */
const MAX_ARGUMENT = 4096;

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/**
 * Reads one line of MONITOR: `1339518083.107412 [0 127.0.0.1:60866] "get" "user:1"`.
 * Commands that a script ran have `lua` for their client. undefined for anything else.
 */
export function parseMonitorLine(line: string): { client: string; command: string[] } | undefined {
  const [, client, rest] = /^\d+\.\d+ \[\d+ (\S+)\] (.*)$/s.exec(line) ?? [];
  if (client === undefined || rest === undefined) return undefined;
  const [name, ...args] = Array.from(rest.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, quoted]) => unescape(quoted ?? ''));
  return name === undefined ? undefined : { client, command: [name.toUpperCase(), ...args] };
}

/** Bytes outside of printable ASCII come as `\xHH`; together they are UTF-8. */
function unescape(quoted: string): string {
  const bytes = quoted
    .slice(0, MAX_ARGUMENT)
    .replaceAll(/\\(?:x([0-9a-f]{2})|(.))/gis, (_, hex: string | undefined, char: string | undefined) =>
      hex === undefined ? (ESCAPES[char ?? ''] ?? char ?? '') : String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

import { printable } from '../../platform/printable.ts';
import type { Exchange } from '../../report/schema.ts';

/** Headers that curl sets by itself, from the URL and the body. */
const IMPLIED = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);

/** A header's name by RFC 9110, section 5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * The request as a curl command for bash and zsh. Whatever is in it is one quoted word: pasting it
 * runs curl and nothing else. The URL comes first, so that its origin can be replaced.
 */
export function curlCommand({ request }: Exchange): string {
  const { method, url, headers, body } = request;
  const lines = [`curl --include --globoff --path-as-is --url ${quote(url)}`];
  if (method === 'HEAD') lines.push('--head');
  else if (method !== (body === undefined ? 'GET' : 'POST')) lines.push(`--request ${quote(method)}`);
  for (const [name, value] of Object.entries(headers)) {
    // A name that begins with @ would make curl read a file.
    if (IMPLIED.has(name.toLowerCase()) || !TOKEN.test(name)) continue;
    // `Name;` is how curl is told to send a header without a value.
    lines.push(`--header ${quote(value === '' ? `${name};` : `${name}: ${value}`)}`);
  }
  if (body !== undefined) lines.push(`--data-raw ${quote(body)}`);
  return lines.join(' \\\n  ');
}

/**
 * One word for the shell: in single quotes, or as `$'…'` where it has characters that a terminal acts
 * on. NUL is left out: no argument can hold it.
 */
export function quote(word: string): string {
  const text = word.replaceAll('\0', '');
  if (printable(text) === text && !text.includes('\t'))
    return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
  return `$'${Array.from(text, ansiC).join('')}'`;
}

function ansiC(character: string): string {
  if (character === "'" || character === '\\') return `\\${character}`;
  if (character === '\n' || (character !== '\t' && printable(character) === character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

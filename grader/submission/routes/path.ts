/** Longest path that is kept; a longer one is no route that somebody wrote. */
const MAX_PATH = 300;

/** Two parts of a path put together with exactly one slash between them; `/` for two empty ones. */
export function joinPaths(prefix: string, path: string): string {
  const joined = `/${prefix}/${path}`.replaceAll(/\/{2,}/g, '/');
  return joined.length > 1 ? joined.replace(/\/$/, '') : joined;
}

/**
 * The paths that a route's pattern stands for, in the notation of contracts: parameters are `{name}`, a wildcard
 * stays `*`. An optional last part gives two paths. Understands the patterns of Express 4 and 5, Koa, Fastify,
 * Hono and Nest.
 */
export function contractPaths(pattern: string): string[] {
  if (pattern.length > MAX_PATH) return [];
  // Express 5 writes an optional part as `/todos{/:id}`.
  const optional = /^(.*?)\{(\/[^{}]*)\}$/.exec(pattern);
  if (optional !== null) return [optional[1] ?? '', `${optional[1]}${optional[2]}`].flatMap(contractPaths);
  const last = /^(.*)\/:([A-Za-z_$][\w$]*)\?$/.exec(pattern);
  if (last !== null) return [last[1] ?? '', `${last[1]}/:${last[2]}`].flatMap(contractPaths);
  return [joinPaths('', withBraces(pattern))];
}

/** `:id`, `:id(\\d+)`, `:id{[0-9]+}` and `:id?` become `{id}`; Express's `*rest` becomes `*`. */
function withBraces(pattern: string): string {
  let text = '';
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const parameter = /^:([A-Za-z_$][\w$]*)/.exec(rest);
    if (parameter !== null) {
      text += `{${parameter[1]}}`;
      at += parameter[0].length;
      at += constraint(pattern.slice(at)) + (pattern[at + constraint(pattern.slice(at))] === '?' ? 1 : 0);
      continue;
    }
    const wildcard = /^\*[\w$]*/.exec(rest);
    text += wildcard === null ? pattern[at] : '*';
    at += wildcard?.[0].length ?? 1;
  }
  return text;
}

/** Length of the pattern in brackets that stands at the start of a text; 0 without one. */
function constraint(text: string): number {
  const close = text[0] === '(' ? ')' : text[0] === '{' ? '}' : undefined;
  if (close === undefined) return 0;
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === text[0]) depth += 1;
    if (text[at] === close && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}

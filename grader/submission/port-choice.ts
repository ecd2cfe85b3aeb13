import { request } from 'undici';
import type { AppProcess } from './submission.ts';

export interface PortChoice {
  port: number;
  /** Whether it knows any of the paths; false where none were named. */
  known: boolean;
  /** In words, why it was taken and not another one; undefined when it is the only one. */
  because: string | undefined;
}

/** Requests for one port. */
const MAX_PATHS = 8;
const ANSWER_MS = 1000;

/**
 * Chooses among ports that answer HTTP (services of one tree, metrics, a front end's dev server, a debugger) the one
 * that looks like the app: it knows the most of `paths`. A redirect, an error of routing and a page of HTML
 * say nothing: dev servers give those for any path.
 *
 * @param ports at least one, lowest first
 */
export async function choosePort(
  app: Pick<AppProcess, 'origin'>,
  ports: readonly number[],
  { paths, signal }: { paths: readonly string[]; signal: AbortSignal },
): Promise<PortChoice> {
  const asked = [...new Set(paths.map((path) => path.replaceAll(/\{[^}]*\}|:\w+/g, '1')))].slice(0, MAX_PATHS);
  const scored = await Promise.all(
    ports.map(async (port) => {
      const origin = app.origin(port);
      const answers = await Promise.all(asked.map((path) => isKnown(origin, path, signal)));
      const known = asked.filter((_path, index) => answers[index]);
      // What serves no page at its root is rather an API than a front end.
      const plain = known.length > 0 || ports.length === 1 ? true : await isPlain(origin, signal);
      return { port, known, score: known.length * 2 + Number(plain) };
    }),
  );
  const best = scored.reduce((before, next) => (next.score > before.score ? next : before));
  const known = best.known.length > 0;
  if (ports.length === 1) return { port: best.port, known, because: undefined };
  const others = ports.filter((port) => port !== best.port).join(', ');
  return {
    port: best.port,
    known,
    because: known
      ? `it knows ${best.known.slice(0, 3).join(', ')}; ${others} answered HTTP, too, but knew ${scored.some((one) => one !== best && one.known.length > 0) ? 'fewer paths' : 'no path'} of the contract`
      : `${others} answered HTTP, too, and no port knows a path of the contract`,
  };
}

async function isKnown(origin: string, path: string, signal: AbortSignal): Promise<boolean> {
  const answer = await head(origin, path, signal);
  if (answer === undefined || answer.html) return false;
  return answer.status < 300 || (answer.status >= 400 && ![404, 405, 426, 501, 502, 504].includes(answer.status));
}

async function isPlain(origin: string, signal: AbortSignal): Promise<boolean> {
  const answer = await head(origin, '/', signal);
  if (answer === undefined || answer.status === 426) return false;
  // Express's own words for an unknown path come as HTML.
  return !answer.html || answer.status === 404;
}

async function head(
  origin: string,
  path: string,
  signal: AbortSignal,
): Promise<{ status: number; html: boolean } | undefined> {
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const { statusCode, headers, body } = await request(`${origin}${path}`, { signal: limit, reset: true });
    void body.dump({ limit: 0 }).catch(() => {});
    return { status: statusCode, html: /\bhtml\b/.test(String(headers['content-type'] ?? '')) };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

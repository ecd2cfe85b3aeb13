import { lookup } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { Agent, request } from 'undici';
import { isPublicAddress } from '../../platform/public-address.ts';

/** How names become addresses, and which addresses may be asked; tests bring their own. */
export interface Internet {
  resolve(hostname: string): Promise<readonly { address: string; family: number }[]>;
  permits(address: string): boolean;
}

export const INTERNET: Internet = {
  resolve: (hostname) => lookup(hostname, { all: true }),
  permits: isPublicAddress,
};

/** What came of asking a learner's deployment. */
export type Smoke =
  | { kind: 'answered'; status: number; url: string; body: string; durationMs: number }
  /** It leads to this machine or into a private network: it is not asked. */
  | { kind: 'private'; url: string }
  /** Nobody answered; whose fault that is can't be seen from here. */
  | { kind: 'silent'; url: string; reason: string };

const MOST_REDIRECTS = 3;
const MOST_BODY_BYTES = 16 * 1024;

/**
 * Asks a URL that a learner names, as anybody in the internet would. It runs on a machine that may see networks which
 * the learner does not: the address that is connected to, also after each redirect, is held against `internet.permits`.
 *
 * @param timeoutMs for all of it; platforms that let apps sleep take up to a minute to wake one
 */
export async function smokeTest(
  start: string,
  { timeoutMs, signal, internet = INTERNET }: { timeoutMs: number; signal: AbortSignal; internet?: Internet },
): Promise<Smoke> {
  await using stack = new AsyncDisposableStack();
  const agent = stack.adopt(new Agent({ connect: { lookup: guarded(internet) } }), (held) => held.destroy());
  const began = performance.now();
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  let url = new URL(start);
  try {
    for (let redirects = 0; ; redirects++) {
      const literal = url.hostname.replace(/^\[|\]$/g, '');
      // An address is connected to without being looked up.
      if (isIP(literal) !== 0 && !internet.permits(literal)) return { kind: 'private', url: url.href };
      const { statusCode, headers, body } = await request(url, {
        dispatcher: agent,
        signal: deadline,
        headers: { accept: 'application/json', 'user-agent': 'grade' },
      });
      const { location } = headers;
      if (statusCode >= 300 && statusCode < 400 && typeof location === 'string' && redirects < MOST_REDIRECTS) {
        await body.dump({ limit: MOST_BODY_BYTES, signal: deadline });
        const next = URL.parse(location, url);
        if (next === null || !/^https?:$/.test(next.protocol)) {
          return { kind: 'silent', url: url.href, reason: 'it redirects to what is no web address' };
        }
        url = next;
        continue;
      }
      const text = await beginning(body);
      return { kind: 'answered', status: statusCode, url: url.href, body: text, durationMs: performance.now() - began };
    }
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PrivateAddressError) return { kind: 'private', url: url.href };
    const reason = deadline.aborted ? `no answer within ${timeoutMs / 1000} s` : (error as Error).message;
    return { kind: 'silent', url: url.href, reason };
  }
}

/** What an answer begins with; the rest is not waited for. */
async function beginning(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= MOST_BODY_BYTES) break;
  }
  return Buffer.concat(pieces).subarray(0, MOST_BODY_BYTES).toString('utf8');
}

class PrivateAddressError extends Error {}

/** Looks a name up once, and connects to what was looked at: another look could give another address. */
function guarded({ resolve, permits }: Internet): LookupFunction {
  const find = async (hostname: string) => {
    const addresses = await resolve(hostname);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => permits(address)))
      throw new PrivateAddressError(hostname);
    return { first, addresses: [...addresses] };
  };
  const lookUp = callbackify(find);
  return (hostname, options, callback) =>
    lookUp(hostname, (error, found) => {
      // Node takes either shape, by what it asked for.
      if (error) callback(error, '', 0);
      else if (options.all) callback(null, found.addresses);
      else callback(null, found.first.address, found.first.family);
    });
}

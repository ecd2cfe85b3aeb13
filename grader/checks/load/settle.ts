import { request, type Dispatcher } from 'undici';
import type { LoadRequest, Round } from './round.ts';

/** The longest wait for an app to catch up, in milliseconds. */
const SETTLE_MS = 2000;

/**
 * Waits until an app has worked off what the last round left it: an app that answers one at a time still
 * has a request of every connection in its queue when the round's time is over. Without this, a slow app
 * would start its next round with that work, and disturb the other app's.
 *
 * @returns false when it did not answer one more request in time
 */
export async function settle({ origin, requests }: Pick<Round, 'origin' | 'requests'>): Promise<boolean> {
  const [{ method, path, ...content }] = requests as [LoadRequest];
  try {
    const { body } = await request(origin + path, {
      ...content,
      method: method as Dispatcher.HttpMethod,
      signal: AbortSignal.timeout(SETTLE_MS),
    });
    await body.dump();
    return true;
  } catch (error) {
    // A connection that failed left nothing to be worked off.
    return (error as Error).name !== 'TimeoutError';
  }
}

import { setTimeout as delay } from 'node:timers/promises';

/** Time between two attempts to reach a server that is coming up, in milliseconds. */
const INTERVAL_MS = 15;

/** Calls `ask` until it resolves. Throws the last failure when `signal` aborts. */
export async function untilAnswers<T>(signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (signal.aborted) throw error;
    }
    await delay(INTERVAL_MS);
  }
}

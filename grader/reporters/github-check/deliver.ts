import { ANNOTATIONS_A_REQUEST, missingAnnotations } from './annotations.ts';
import type { CheckRuns, Run, RunFields } from './check-runs.ts';
import type { Posting } from './posting.ts';
import { mayHaveHappened, troubleOf } from './trouble.ts';

/** How often a request that may or may not have been done is looked into before it is given up. */
export const MOST_TRIES = 4;

/**
 * Completes a run. Annotations go 50 a request; the last request carries the conclusion, so that a run which is
 * completed has everything. An answer that got lost is looked into before anything is sent again, because GitHub
 * adds annotations to those that are there.
 *
 * @param ending what the last request says besides the output
 * @param backOff waits before the given try
 * @throws what octokit throws, when GitHub does not take it
 */
export async function deliver(
  runs: CheckRuns,
  run: Run,
  posting: Posting,
  ending: RunFields,
  backOff: (tries: number) => Promise<void>,
): Promise<{ delivered: number; refused: number }> {
  const { title, summary, text, annotations } = posting;
  const output = { title, summary, ...(text === undefined ? {} : { text }) };
  let left = run.annotations === 0 ? annotations : missingAnnotations(annotations, await runs.annotations(run.id));
  let refused = 0;
  for (let tries = 1; ;) {
    const batch = left.slice(0, ANNOTATIONS_A_REQUEST);
    const rest = left.slice(ANNOTATIONS_A_REQUEST);
    const fields = {
      ...(rest.length === 0 ? ending : {}),
      output: batch.length === 0 ? output : { ...output, annotations: batch },
    };
    try {
      await runs.update(run.id, fields, batch.length === 0 ? {} : { retries: 0 });
      if (rest.length === 0) return { delivered: annotations.length - refused, refused };
      left = rest;
    } catch (error) {
      if (batch.length === 0) throw error;
      if (troubleOf(error).kind === 'invalid') {
        // The score is worth more than these notes, whose places the text names as well.
        refused += batch.length;
        left = rest;
      } else if (mayHaveHappened(error) && tries < MOST_TRIES) {
        await backOff(tries);
        tries += 1;
        left = missingAnnotations(left, await runs.annotations(run.id));
      } else throw error;
    }
  }
}

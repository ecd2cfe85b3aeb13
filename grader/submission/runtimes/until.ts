import { setTimeout as delay } from 'node:timers/promises';
import { InfrastructureError } from '../../platform/errors.ts';

const PATIENCE_MS = 10_000;

/** Waits until `condition` holds; throws `failure` when it does not in ten seconds. */
export async function until(condition: () => Promise<boolean>, failure: string): Promise<void> {
  for (let wait = 10, waited = 0; waited < PATIENCE_MS; waited += wait, wait = Math.min(wait * 2, 250)) {
    if (await condition()) return;
    await delay(wait);
  }
  throw new InfrastructureError(failure, { mend: 'Check that the image of GRADE_IMAGE_NODE runs "node".' });
}

import { parentPort } from 'node:worker_threads';
import { closedLoop } from './closed-loop.ts';
import { openLoop } from './open-loop.ts';
import type { Round, RoundResult } from './round.ts';
import { settle } from './settle.ts';

// The entry of the load generator's thread: one round in, one result out (see generator.ts).
parentPort?.on('message', (round: Round) => {
  void play(round).then(
    (result) => parentPort?.postMessage({ result }),
    (error: unknown) =>
      parentPort?.postMessage({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

async function play(round: Round): Promise<RoundResult> {
  const counts = await (round.kind === 'closed' ? closedLoop(round) : openLoop(round));
  return { ...counts, settled: await settle(round) };
}

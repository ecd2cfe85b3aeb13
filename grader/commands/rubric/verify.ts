import { availableParallelism } from 'node:os';
import { checks } from '../../checks/index.ts';
import { grade } from '../../grade.ts';
import { choosePlace } from '../../place.ts';
import { createLogger } from '../../platform/log.ts';
import { Trace } from '../../platform/trace.ts';
import { logReporter } from '../../reporters/log.ts';
import { listRubrics, loadRubric } from '../../rubric/load.ts';
import { compareRounds, repetitionTable } from '../../rubric/repetition.ts';
import { type FixtureOutcome, verifyRubric } from '../../rubric/verify.ts';
import type { Rubric } from '../../rubric/schema.ts';
import { providerOptions } from '../../scene.ts';
import { startServices } from '../../services/start.ts';
import { readSettings } from '../../settings.ts';
import type { VerifyOptions } from '../rubric.ts';
import type { Session } from '../session.ts';

/** Fixtures that are graded side by side, for each core: a grading waits for half of its time. */
const LANES_PER_CORE = 2;

/** Proves rubrics and prints a line for each fixture. @returns 0 when all are proven, else 1 */
export async function verify(names: readonly string[], options: VerifyOptions, session: Session): Promise<number> {
  const settings = readSettings(session.env);
  const logger = createLogger(settings.logLevel);
  const wanted = names.length > 0 ? names : (await listRubrics()).map(({ id }) => id);
  let proven = true;
  for (const name of wanted) {
    const rubric = await loadRubric(name, checks);
    session.stdout.write(`${rubric.rubric} · ${rubric.title}\n`);
    const common = {
      runtime: options.runtime,
      services: options.services,
      settings,
      events: logReporter(logger),
      signal: session.signal,
    };
    const { provider } = await choosePlace(common, rubric.services);
    const trace = new Trace();
    await using shared = await startServices(
      rubric.services,
      provider,
      providerOptions(common, { network: undefined, trace, signal: session.signal }),
    );
    const rounds: FixtureOutcome[][] = [];
    for (let round = 1; round <= options.repeat; round++) {
      const { ok, outcomes, uncaught } = await verifyRubric(
        rubric,
        (path, only) => grade({ ...common, rubric, path, only, shared, trace: new Trace() }),
        {
          only: options.only,
          quiet: quietCriteria(rubric),
          lanes: LANES_PER_CORE * availableParallelism(),
          everything: options.everything,
          onOutcome: (outcome) => session.stdout.write(`${describe(outcome)}\n`),
          signal: session.signal,
        },
      );
      proven &&= ok;
      rounds.push(outcomes);
      if (uncaught.length > 0) session.stdout.write(`  ✗ no defect catches ${uncaught.join(', ')}\n`);
    }
    if (rounds.length > 1) {
      const repetitions = compareRounds(rounds);
      const steady = repetitions.every(({ differing }) => differing.length === 0);
      session.stdout.write(
        `${rubric.rubric}, graded ${rounds.length} times: ${steady ? 'the same verdicts each time' : 'verdicts DIFFER'}\n${repetitionTable(repetitions)}`,
      );
      proven &&= steady;
    }
  }
  session.stdout.write(proven ? 'Every rubric is proven.\n' : 'Not proven: see the lines with ✗.\n');
  return proven ? 0 : 1;
}

function quietCriteria({ criteria }: Rubric): Set<string> {
  return new Set(criteria.filter(({ check }) => checks.get(check)?.quiet).map(({ id }) => id));
}

function describe({ fixture, ok, earned, expected, failed, notGraded, report }: FixtureOutcome): string {
  const seconds = (report.durationMs / 1000).toFixed(1);
  const head = `  ${ok ? '✓' : '✗'} ${fixture} (${earned} points, ${seconds} s)${ok && failed.length > 0 ? ` fails ${failed.join(', ')}` : ''}`;
  if (ok) return head;
  const reasons = report.criteria
    .filter(({ id }) => failed.includes(id) && !expected.includes(id))
    .map(({ id, verdict }) => `      fails ${id}, and must not: ${verdict.reason}`);
  const missed = expected.filter((id) => !failed.includes(id)).map((id) => `      must fail ${id}, and does not`);
  return [head, ...reasons, ...missed, ...notGraded.map((line) => `      not graded: ${line}`)].join('\n');
}

import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError, Option } from 'commander';
import { checks } from '../checks/index.ts';
import { KnownError } from '../platform/errors.ts';
import { createLogger } from '../platform/log.ts';
import { logReporter } from '../reporters/log.ts';
import { listRubrics, loadRubric } from '../rubric/load.ts';
import { readSettings } from '../settings.ts';
import { drawCombinations } from './combinations.ts';
import { describeOutcome, isKept } from './outcome.ts';
import { proveShapes } from './prove.ts';
import { seededRandom } from './shape.ts';

interface Options {
  runtime: 'auto' | 'docker' | 'local';
  services: 'auto' | 'testcontainers' | 'embedded' | 'external';
  sample: number;
  seed: number;
  rubrics?: string[];
  lanes: number;
}

const program = new Command('reshape')
  .description('Gives solutions and defects other shapes, and proves that their grades stay the same.')
  .addOption(new Option('--runtime <where>').choices(['auto', 'docker', 'local']).default('auto'))
  .addOption(
    new Option('--services <from>').choices(['auto', 'testcontainers', 'embedded', 'external']).default('auto'),
  )
  .option('--sample <n>', 'how many combinations of rubric, solution or defect, and shape', count, 200)
  .option('--seed <n>', 'what the combinations follow from', count, 1)
  .option('--lanes <n>', 'how many are graded side by side', count, availableParallelism())
  .option('--rubrics <ids...>', 'only of these rubrics');

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));
process.once('SIGTERM', () => interrupt.abort(new Error('interrupted')));
try {
  process.exitCode = await proveAll(program.parse().opts<Options>(), interrupt.signal);
} catch (error) {
  process.exitCode = interrupt.signal.aborted ? 130 : 3;
  console.error(error instanceof KnownError ? `reshape: ${error.message}` : error);
}

async function proveAll(options: Options, signal: AbortSignal): Promise<number> {
  const settings = readSettings(process.env);
  const ids = options.rubrics ?? (await listRubrics()).map(({ id }) => id);
  const rubrics = await Promise.all(ids.map((id) => loadRubric(id, checks)));
  const combinations = await drawCombinations(rubrics, options.sample, seededRandom(options.seed));
  const outcomes = await proveShapes(combinations, {
    runtime: options.runtime,
    services: options.services,
    settings,
    events: logReporter(createLogger(settings.logLevel)),
    lanes: options.lanes,
    signal,
    onOutcome: (outcome) => console.log(describeOutcome(outcome)),
  });
  const kept = outcomes.filter(isKept).length;
  console.log(`${kept} of ${outcomes.length} combinations keep their grade (seed ${options.seed}).`);
  return kept === outcomes.length ? 0 : 1;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('a whole number is needed');
  return value;
}

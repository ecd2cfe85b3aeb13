import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import pMap from 'p-map';
import { withoutDocker } from '../services/conformance/options.ts';
import { providers } from '../services/providers/index.ts';
import { differences } from './expected-binding.ts';
import { roundTrip } from './round-trip.ts';
import { readShapes, type Shape } from './shape.ts';
import { Stage } from './stage.ts';

const LANES = 2;
/** `GRADE_SHAPES=koa,hono` runs these only. */
const only = process.env['GRADE_SHAPES']?.split(',');
const shapes = readShapes().filter(({ name }) => only === undefined || only.includes(name));
const whole = only === undefined;

/** How a shape came out: what is wrong, in words. */
interface Outcome {
  shape: Shape;
  boots: boolean;
  problems: string[];
}

/** Brings one up, looks at its binding, and calls each operation. */
async function prove(stage: Stage, shape: Shape, manifest: string | undefined): Promise<Outcome> {
  return await stage.play({ ...shape, manifest }, async ({ candidate, facts }) => {
    const { bootFailure, target } = candidate;
    if (bootFailure) {
      const said = [bootFailure.message, ...bootFailure.logs.slice(-15)].join('\n      ');
      return { shape, boots: false, problems: [`it did not boot: ${said}`] };
    }
    const problems = differences(shape, target.http.binding);
    try {
      problems.push(...(await roundTrip(target.http, shape.rubric, shape.name)));
    } catch (error) {
      problems.push(String(error));
    }
    if (problems.length > 0)
      problems.push(
        ...facts.assumptions.map(({ what, because }) => `assumed: ${what}, because ${because}`),
        ...target.logs.tail(10).map((line) => `printed: ${line}`),
      );
    return { shape, boots: true, problems };
  });
}

async function proveAll(
  title: string,
  stage: Stage,
  list: readonly Shape[],
  manifestOf: (shape: Shape) => string | undefined,
  report: (name: string, outcome: () => Promise<Outcome>) => Promise<void>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  await pMap(
    list,
    (shape) =>
      report(`${shape.name}, ${title}: ${shape.title}`, async () => {
        const outcome = await prove(stage, shape, manifestOf(shape));
        outcomes.push(outcome);
        return outcome;
      }),
    { concurrency: LANES },
  );
  return outcomes;
}

for (const runtime of ['local', 'docker'] as const) {
  const here = shapes.filter(({ runtimes }) => runtimes.includes(runtime));
  const skip = runtime === 'docker' && (await withoutDocker(process.env, providers.testcontainers));
  describe(`shapes in the ${runtime} runtime`, { skip }, () => {
    test('each boots, is bound, and means what the contract means', { timeout: 600_000 }, async (t) => {
      await using stage = new Stage({ runtime, environment: process.env, signal: t.signal });
      const report = (name: string, outcome: () => Promise<Outcome>) =>
        t.test(name, async () => {
          const { problems } = await outcome();
          assert.equal(problems.length, 0, `\n    ${problems.join('\n    ')}`);
        });
      const guessed = here.filter((shape) => shape['needs-settling'] === undefined);
      const bare = await proveAll('bare', stage, guessed, () => undefined, report);
      const settled = await proveAll(
        'with a grade.yaml',
        stage,
        here.filter((shape) => shape.settled !== undefined),
        (shape) => shape.settled,
        report,
      );
      const booted = (outcomes: readonly Outcome[]) =>
        outcomes.filter(({ boots }) => boots).map(({ shape }) => shape.name);
      t.diagnostic(`${booted(bare).length} of ${here.length} boot bare`);
      if (runtime === 'local' && whole) {
        assert.ok(here.length >= 40, `there are ${here.length} shapes`);
        assert.ok(booted(bare).length >= 38, `only ${booted(bare).length} boot bare`);
      }
      const either = new Set([...booted(bare), ...booted(settled)]);
      assert.deepEqual(
        here.map(({ name }) => name).filter((name) => !either.has(name)),
        [],
        'these boot in no way',
      );
    });
  });
}

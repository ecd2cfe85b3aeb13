import assert from 'node:assert/strict';
import { test } from 'node:test';
import pMap from 'p-map';
import { readBroken } from './shape.ts';
import { Stage } from './stage.ts';

const LANES = 2;
/** `GRADE_SHAPES=syntax-error` runs these only. */
const only = process.env['GRADE_SHAPES']?.split(',');
const list = readBroken().filter(({ name }) => only === undefined || only.includes(name));

test('an app that can’t be started is told why', { timeout: 600_000 }, async (t) => {
  await using stage = new Stage({ runtime: 'local', environment: process.env, signal: t.signal });
  await pMap(
    list,
    (broken) =>
      t.test(`${broken.name}: ${broken.title}`, () =>
        stage.play(broken, async ({ candidate: { bootFailure } }) => {
          assert.ok(bootFailure, 'it boots');
          const said = bootFailure.message;
          assert.match(said, broken.reason, bootFailure.logs.slice(-15).join('\n'));
        }),
      ),
    { concurrency: LANES },
  );
});

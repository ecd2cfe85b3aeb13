import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checks } from '../checks/index.ts';
import { UsageError } from '../platform/errors.ts';
import { tempDir } from '../platform/temp-dir.ts';
import { rubricJsonSchema } from './json-schema.ts';
import { listRubrics, loadRubric, nearest, packageDir } from './load.ts';

const GOOD = `rubric: day-99
title: A day
version: 1.0.0
contract:
  listTodos: { request: GET /todos }
criteria:
  - id: lists
    title: Lists todos
    points: 60
    check: http-flow
    with:
      steps:
        - { call: listTodos, expect: { status: 200 } }
    hint: Look at the route.
  - id: lists-again
    title: Lists them again
    points: 40
    needs: [lists]
    check: http-flow
    with:
      steps:
        - { call: listTodos, expect: { status: 200 } }
    hint: Look at the route.
`;

/** Loads a rubric from text; the error's lines when it is refused. */
async function load(text: string): Promise<string[]> {
  await using dir = await tempDir('rubric');
  await mkdir(join(dir.path, 'day-99'));
  await writeFile(join(dir.path, 'day-99', 'rubric.yaml'), text);
  try {
    await loadRubric('day-99', checks, dir.path);
    return [];
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message.split('\n').map((line) => line.replace(`${dir.path}/day-99/`, ''));
  }
}

describe('loading a rubric', () => {
  test('a good one loads', async () => assert.deepEqual(await load(GOOD), []));

  const broken: [string, string, string, RegExp][] = [
    ['an unknown key', 'title: A day', 'title: A day\ncolour: red', /^rubric\.yaml:3:1 .*unknown key "colour"/],
    ['points that do not add up', 'points: 40', 'points: 30', /^rubric\.yaml:7:\d+ .*add up to 90 points, not to 100/],
    [
      'an unknown check, with the nearest',
      'check: http-flow',
      'check: http-flw',
      /^rubric\.yaml:10:12 .*no check "http-flw"; did you mean "http-flow"\?/,
    ],
    ['an unknown parameter of a check', 'steps:', 'stepz:', /^rubric\.yaml:1[12]:\d+ /],
    [
      'an operation that is not in the contract',
      'call: listTodos',
      'call: listTodoz',
      /no operation "listTodoz"; did you mean "listTodos"\?/,
    ],
    [
      'a missing need, with the nearest',
      'needs: [lists]',
      'needs: [list]',
      /^rubric\.yaml:18:13 .*no criterion is called "list"; did you mean "lists"\?/,
    ],
    [
      'a circle of needs',
      'hint: Look at the route.\n  - id',
      'hint: Look at the route.\n    needs: [lists-again]\n  - id',
      /lists → lists-again → lists/,
    ],
    ['an id that stands twice', 'id: lists-again', 'id: lists', /the id "lists" stands twice/],
    ['broken YAML', 'title: A day', 'title: [A day', /^rubric\.yaml:\d+:\d+ /],
    [
      'a program that is not there',
      'check: http-flow\n    with:\n      steps:\n        - { call: listTodos, expect: { status: 200 } }',
      'check: command\n    with:\n      steps:\n        - { run: todo }',
      /no program "todo"/,
    ],
    ['an app that a check needs', 'rubric: day-99', 'rubric: day-99\napp: false', /needs an app/],
  ];
  for (const [what, from, to, message] of broken) {
    test(`${what} is refused, with its place`, async () => {
      assert.notEqual(GOOD.replace(from, to), GOOD);
      const lines = await load(GOOD.replace(from, to));
      assert.match(lines.join('\n'), new RegExp(message.source, 'm'));
    });
  }

  test('a name that is not there comes with the nearest names', async () => {
    await assert.rejects(
      loadRubric('day-4', checks),
      (error: unknown) => error instanceof UsageError && /did you mean day-04/.test(error.message),
    );
    assert.deepEqual(nearest('day13', ['day-01', 'day-13']).at(0), 'day-13');
    assert.deepEqual(nearest('13', ['day-01', 'day-13']).at(0), 'day-13');
    assert.deepEqual(nearest('xyzzy-quux', ['day-01', 'day-13']), []);
  });
});

describe('the rubrics of the course', () => {
  test('all load, and say what they are', async () => {
    const rubrics = await listRubrics();
    assert.ok(rubrics.length >= 3);
    for (const { id } of rubrics) {
      const rubric = await loadRubric(id, checks);
      assert.equal(rubric.rubric, id, 'the folder is named after the rubric');
      assert.ok(rubric.referenceDir, `${id} has a reference`);
    }
  });

  test('rubric.schema.json is as `npm run schema` writes it', async () => {
    const file = JSON.parse(await readFile(join(packageDir, 'rubrics', 'rubric.schema.json'), 'utf8')) as unknown;
    assert.deepEqual(file, JSON.parse(JSON.stringify(rubricJsonSchema(checks))));
  });
});

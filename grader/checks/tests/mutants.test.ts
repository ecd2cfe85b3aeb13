import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { chooseMutants, inWords, mutantsOf, mutated } from './mutants.ts';
import type { OwnFile } from './own-source.ts';
import { PROJECT } from './test-project.ts';
import { parseSource } from '../../platform/syntax.ts';

function own(text: string, path = 'src/a.js'): OwnFile {
  const parsed = parseSource(path, text);
  assert.ok('program' in parsed, 'it parses');
  return { path, inApp: path, text, program: parsed.program, problem: undefined };
}

const everywhere = () => true;

/** Every text that a mistake makes of one. */
function mistakes(text: string, path?: string): string[] {
  return mutantsOf(own(text, path), everywhere).map(mutated).toSorted();
}

describe('mistakes', () => {
  test('conditions, bounds, junctions', () => {
    assert.deepEqual(mistakes('x = a === b;'), ['x = a !== b;']);
    assert.deepEqual(mistakes('x = a != (b);'), ['x = a == (b);']);
    assert.deepEqual(mistakes('x = a<b;'), ['x = a<=b;']);
    assert.deepEqual(mistakes('x = a >= b;'), ['x = a > b;']);
    assert.deepEqual(mistakes('x = a && b;'), ['x = a || b;']);
    assert.deepEqual(mistakes('if (a) b(); else c();'), ['if (!(a)) b(); else c();']);
    assert.deepEqual(mistakes('x = !a.b ? 1 : 2;'), ['x = a.b ? 1 : 2;']);
  });

  test('checks that leave a function early, values that it returns, calls that it waits for', () => {
    assert.deepEqual(mistakes('function f(a) { if (a) throw a; }'), [
      'function f(a) { ; }',
      'function f(a) { if (!(a)) throw a; }',
    ]);
    assert.deepEqual(mistakes('function f(a) { return a; }'), ['function f(a) { return; }']);
    assert.deepEqual(mistakes('function f(req, res) { return res.status(x).json({}); }'), []);
    assert.deepEqual(mistakes('async function f() { await save(); const y = await load(); }'), [
      'async function f() { ; const y = await load(); }',
    ]);
  });

  test('arithmetic, but not text that is put together, nor constants', () => {
    assert.deepEqual(mistakes('x = (page - 1) * limit;'), ['x = (page + 1) * limit;', 'x = (page - 1) / limit;']);
    assert.deepEqual(mistakes('x = n + 1;'), ['x = n - 1;']);
    assert.deepEqual(mistakes(`x = a + b + 'c'; y = 60 * 60 * 1000;`), []);
  });

  test('status codes, where a number is one', () => {
    assert.deepEqual(mistakes('res.status(201).json(limit(200));'), ['res.status(200).json(limit(200));']);
    assert.deepEqual(mistakes('res.sendStatus(204);'), ['res.sendStatus(200);']);
    assert.deepEqual(mistakes('throw new HttpError(404, "no");'), ['throw new HttpError(200, "no");']);
    assert.deepEqual(mistakes('e.statusCode = 409; x = { status: 422, size: 400 };'), [
      'e.statusCode = 200; x = { status: 422, size: 400 };',
      'e.statusCode = 409; x = { status: 200, size: 400 };',
    ]);
    assert.deepEqual(mistakes('const x = 404; resize(200, 400); class A { statusCode = 500; }'), [
      'const x = 404; resize(200, 400); class A { statusCode = 200; }',
    ]);
  });

  test('middleware of routes', () => {
    assert.deepEqual(mistakes(`router.get('/x', requireUser, validate(schema), handler);`), [
      `router.get('/x', requireUser, handler);`,
      `router.get('/x', validate(schema), handler);`,
    ]);
    assert.deepEqual(mistakes('app.use(authenticate);'), [';']);
    assert.deepEqual(mistakes(`app.use('/api', requireLogin, todoRoutes);`), [`app.use('/api', todoRoutes);`]);
    assert.deepEqual(mistakes(`app.use(express.json()); app.use('/todos', router); cache.get('a', b, c);`), []);
  });

  test('filters of queries, lists and SQL', () => {
    assert.deepEqual(mistakes('Todo.findOne({ _id: id, owner });'), [
      'Todo.findOne({ _id: id });',
      'Todo.findOne({ owner });',
    ]);
    assert.deepEqual(mistakes('Todo.find({ owner });'), ['Todo.find({  });']);
    assert.deepEqual(mistakes('Todo.deleteMany({ owner }); Todo.create({ a, b });'), []);
    assert.deepEqual(mistakes('db.todo.findMany({ where: { a: 1, b: 2 }, take: 5 });'), [
      'db.todo.findMany({ where: { a: 1 }, take: 5 });',
      'db.todo.findMany({ where: { b: 2 }, take: 5 });',
    ]);
    assert.deepEqual(mistakes('x = list.filter((y) => y.z);'), ['x = list;']);
    assert.deepEqual(mistakes('query(`SELECT * FROM t WHERE id = $1 AND t.owner_id = $2::int`);'), [
      'query(`SELECT * FROM t WHERE (id = $1 OR TRUE) AND t.owner_id = $2::int`);',
      'query(`SELECT * FROM t WHERE id = $1 AND (t.owner_id = $2::int OR TRUE)`);',
    ]);
    assert.deepEqual(mistakes(`query('DELETE FROM t WHERE id = $1 and owner = $2');`), [
      `query('DELETE FROM t WHERE id = $1 and (owner = $2 OR TRUE)');`,
    ]);
  });

  test('nothing is broken in what is logged, in heads of loops, in settings, and in types', () => {
    assert.deepEqual(
      mistakes(`console.log(a === b); logger.warn(a && b); for (let i = 0; i < n; i++) f(i); while (a !== b) g();
const port = process.env.PORT || 3000; if (require.main === module) start();`),
      [],
    );
    assert.deepEqual(mistakes('let x: 404 | { status: 404 };\nconst y = (a as number) < 5;', 'src/a.ts'), [
      'let x: 404 | { status: 404 };\nconst y = (a as number) <= 5;',
    ]);
  });

  test('only code that a test has run is broken; a check must have made its function leave', () => {
    const file = own('function f(a) { if (a > 1) { throw a; } return a === 5; }');
    const ran = (part: string) => (start: number, end: number) => !file.text.slice(start, end).startsWith(part);
    assert.deepEqual(
      mutantsOf(file, ran('throw')).map(({ what }) => what),
      ['`>` became `>=`', 'nothing was returned', '`===` became `!==`'],
    );
    assert.deepEqual(
      mutantsOf(file, () => false),
      [],
    );
  });
});

describe('the choice of mistakes', () => {
  const project = Object.entries(PROJECT).filter(([path]) => path.startsWith('src/'));
  const all = () => project.flatMap(([path, text]) => mutantsOf(own(text, path), everywhere));
  const names = (count: number) =>
    chooseMutants(all(), count).map((mutant) => `${mutant.file.path}: ${inWords(mutant)}`);

  test('is the same each time, and a smaller one is the beginning of a larger one', () => {
    assert.deepEqual(names(12), names(12));
    assert.deepEqual(names(12), names(20).slice(0, 12));
  });

  test('is spread over kinds and files, and takes no mistake twice', () => {
    const chosen = chooseMutants(all(), 10);
    assert.equal(new Set(chosen.map(({ operator }) => operator)).size, 10);
    assert.equal(new Set(chosen.map(({ file }) => file.path)).size, 3);
    const everything = chooseMutants(all(), 100);
    assert.ok(everything.length > 30);
    assert.equal(new Set(everything.map((mutant) => mutated(mutant))).size, everything.length);
  });

  test('leaves out what would be no program any more', () => {
    const file = own('const x = a ?? (b || c); const y = a && b;');
    assert.ok(chooseMutants(mutantsOf(file, everywhere), 10).length > 0);
    for (const mutant of chooseMutants(all(), 100))
      assert.ok('program' in parseSource('a.js', mutated(mutant)), inWords(mutant));
    assert.deepEqual(chooseMutants([], 5), []);
  });

  test('does not depend on the code around it', () => {
    const [first] = chooseMutants(mutantsOf(own('x = a === b;'), everywhere), 1);
    const [later] = chooseMutants(mutantsOf(own('let other;\n\nx = a === b;'), everywhere), 1);
    assert.equal(first?.rank, later?.rank);
    assert.deepEqual([first?.line, later?.line], [1, 3]);
  });
});

describe('a mistake in words', () => {
  test('shows the code before and after, cut around the change', () => {
    const [one] = mutantsOf(own('let x;\n  x = a === b;\n'), everywhere);
    assert.ok(one);
    assert.equal(inWords(one), '`===` became `!==`, and no test failed: x = a === b; → x = a !== b;');
    const [gone] = mutantsOf(own('  app.use(auth);\n'), everywhere);
    assert.ok(gone);
    assert.equal(inWords(gone), '`auth` was taken out, and no test failed: app.use(auth); → nothing');
    const [long] = mutantsOf(own(`x = [${'1, '.repeat(500)} a === b, ${'1, '.repeat(500)}];`), everywhere);
    assert.ok(long);
    assert.match(inWords(long), /a === b.*… → .*a !== b.*…$/);
    assert.ok(inWords(long).length < 400);
  });
});

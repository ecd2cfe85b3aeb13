import assert from 'node:assert/strict';
import { stripTypeScriptTypes } from 'node:module';
import { describe, test } from 'node:test';
import { fileCoverage, traceOf } from './line-coverage.ts';
import type { OwnFile } from './own-source.ts';
import { readScripts } from './script-positions.ts';
import { executableStatements } from './statements.ts';
import type { Script } from './suite-result.ts';
import { parseSource } from '../../platform/syntax.ts';

const JS = `// Adds and keeps.
const add = (a, b) => a + b;

function clamp(x, low) {
  if (x < low) {
    return low;
  }
  return x;
}
`;

function own(text: string, path = 'src/a.js'): OwnFile {
  const parsed = parseSource(path, text);
  return {
    path: `day-07/${path}`,
    inApp: path,
    text,
    program: 'program' in parsed ? parsed.program : undefined,
    problem: 'problem' in parsed ? parsed.problem : undefined,
  };
}

/** A script in which the parts between these marks never ran. */
function script(source: string, unrun: readonly string[] = [], more: Partial<Script> = {}): Script {
  return {
    kind: 'script',
    path: 'src/a.js',
    source,
    unrun: unrun.map((part) => [source.indexOf(part), source.indexOf(part) + part.length] as [number, number]),
    ...more,
  };
}

function cover(file: OwnFile, ...scripts: Script[]) {
  const { lines, statements, gaps, loaded } = fileCoverage(file, traceOf(file, readScripts(scripts)));
  return {
    lines: `${lines.covered}/${lines.total}`,
    statements: `${statements.covered}/${statements.total}`,
    gaps,
    loaded,
  };
}

describe('what counts', () => {
  test('statements, values of variables and fields, and what short functions give; as Istanbul has it', () => {
    const lines = (path: string, text: string) => {
      const parsed = parseSource(path, text);
      assert.ok('program' in parsed);
      return executableStatements(parsed.program).map(({ line }) => line);
    };
    assert.deepEqual(lines('a.js', JS), [2, 2, 5, 6, 8]);
    assert.deepEqual(
      lines(
        'a.mjs',
        `'use strict';\nimport a from 'a';\nlet b;\nlet c = 1, d;\nfor (let i = 0; ; ) break;\nexport { c };\nclass X {\n  y;\n  z = 1;\n}\nconst f = (g) => (h) =>\n  h;`,
      ),
      [4, 5, 5, 9, 11, 12],
    );
    assert.deepEqual(
      lines(
        'a.ts',
        `import type { A } from 'a';\ninterface B {\n  c: 1;\n}\ntype D = 5;\ndeclare const e: 1;\nenum F { G }\nfunction h(x: string): void;\nfunction h(x: unknown) {\n  return x as string;\n}`,
      ),
      [7, 10],
    );
  });
});

describe('coverage of a file', () => {
  test('follows what V8 counted, with the stretches that did not run', () => {
    assert.deepEqual(cover(own(JS), script(JS, ['{\n    return low;\n  }'])), {
      lines: '3/4',
      statements: '4/5',
      gaps: [{ from: 6, to: 6, lines: 1 }],
      loaded: true,
    });
  });

  test('a file that nothing loads is uncovered', () => {
    assert.deepEqual(cover(own(JS), script(JS, [], { path: 'src/other.js' })), {
      lines: '0/4',
      statements: '0/5',
      gaps: [{ from: 2, to: 8, lines: 4 }],
      loaded: false,
    });
  });

  test('what ran in one of several processes has run', () => {
    const seen = cover(
      own(JS),
      script(JS, ['a + b', '{\n    return low;\n  }']),
      script(JS, [JS.slice(JS.indexOf('{\n  if'), -1)]),
    );
    assert.equal(seen.statements, '4/5');
  });

  test('a wrapper around the text, a byte order mark and other line ends do not matter', () => {
    const wrapped = `({"Object.<anonymous>":function(module,exports){${JS}\n}});`;
    assert.equal(cover(own(JS), script(wrapped, ['a + b'])).statements, '4/5');
    assert.equal(cover(own(`\uFEFF${JS}`), script(JS, ['a + b'])).statements, '4/5');
    const windows = JS.replaceAll('\n', '\r\n');
    assert.equal(cover(own(windows), script(windows, ['return low'])).lines, '3/4');
  });

  const TS = `interface Numbers {\n  a: number;\n}\n${JS.replace('(a, b)', '(a: number, b: number): number').replace('(x, low)', '(x: number,\n  low: number)')}`;

  test('types that Node has blanked out', () => {
    const source = `${stripTypeScriptTypes(TS)}\n\n//# sourceURL=file:///x`;
    const seen = cover(own(TS, 'src/a.ts'), script(source, ['return low;'], { path: 'src/a.ts' }));
    assert.deepEqual([seen.lines, seen.gaps], ['3/4', [{ from: 10, to: 10, lines: 1 }]]);
  });

  test('a source map, also under the wrapper of older Jests', () => {
    const compiled = stripTypeScriptTypes(`enum Color { Red }\n${TS}`, { mode: 'transform', sourceMap: true });
    const [code = '', inline = ''] = compiled.split('//# sourceMappingURL=data:application/json;base64,');
    const map = Buffer.from(inline, 'base64').toString('utf8');
    for (const wrapper of ['', '({"Object.<anonymous>":function(module,exports,require){']) {
      const seen = cover(
        own(`enum Color { Red }\n${TS}`, 'src/a.ts'),
        script(wrapper + code, ['return low;'], { path: 'src/a.ts', map }),
      );
      assert.deepEqual(
        [seen.lines, seen.statements, seen.gaps],
        ['4/5', '5/6', [{ from: 11, to: 11, lines: 1 }]],
        wrapper,
      );
    }
  });

  test('a source map counts only for the text that it was made from, and only when it is one', () => {
    const map = { version: 3, sources: ['a.js'], sourcesContent: [JS], names: [], mappings: 'AACA' };
    const bundle = script('const add = 1;', [], {
      path: 'dist/bundle.js',
      map: JSON.stringify({ ...map, sources: ['../src/a.js'] }),
    });
    assert.equal(cover(own(JS), bundle).statements, '1/5');
    const other = script('const add = 1;', [], { map: JSON.stringify({ ...map, sourcesContent: ['let other'] }) });
    assert.equal(cover(own(JS), other).statements, '0/5');
    for (const broken of [
      '',
      '{',
      'null',
      '[]',
      '{"version":3,"sources":[5],"mappings":"????"}',
      '{"version":3,"sections":[{}]}',
      '{"version":3,"sources":[5],"names":[],"mappings":"AAAA"}',
      '{"version":3,"sources":["a.js"],"sourcesContent":[7],"names":[],"mappings":"AAAA"}',
      '{"version":3,"sources":["a.js"],"names":[],"mappings":[5,[5],[[0,0,0,0]]]}',
    ])
      assert.equal(cover(own(JS), script('x', [], { map: broken })).lines, '0/4', broken);
  });

  test('a text that fits no file is told from one that nothing runs', () => {
    const trace = (...scripts: Script[]) => traceOf(own(JS), readScripts(scripts));
    assert.equal(trace(script('const changed = 1;')).lost, true);
    assert.equal(trace(script('const changed = 1;'), script(JS)).lost, false);
    assert.equal(trace().lost, false);
  });

  test('comments that tell coverage tools to look away have no effect', () => {
    const text = JS.replace('function', '/* istanbul ignore next */ /* v8 ignore next 9 */\nfunction');
    assert.equal(cover(own(text), script(text, ['return low;'])).lines, '3/4');
  });

  test('of a file that is no JavaScript, nothing has run', () => {
    assert.deepEqual(cover(own('let a = ;\n\nlet b;\n'), script('let a')), {
      lines: '0/2',
      statements: '0/2',
      gaps: [{ from: 1, to: 3, lines: 2 }],
      loaded: true,
    });
    assert.equal(cover(own(`${'('.repeat(50_000)}1`)).lines, '0/1');
  });
});

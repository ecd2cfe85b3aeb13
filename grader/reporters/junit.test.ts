import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SaxesParser } from 'saxes';
import { renderJUnit } from './junit.ts';
import { bootFailureReport, hostileReport, perfectReport, sampleReport } from './sample-report.ts';

interface Element {
  name: string;
  attributes: Record<string, string>;
  children: Element[];
  text: string;
}

describe('JUnit XML', () => {
  test('has one test case a criterion, with its points', () => {
    const [suite] = parse(renderJUnit(sampleReport())).children;
    assert.ok(suite);
    assert.deepEqual(
      { ...suite.attributes },
      {
        name: 'day-13 Performance optimisation',
        tests: '12',
        failures: '8',
        errors: '1',
        skipped: '0',
        time: '38.400',
        timestamp: '2026-03-14T09:26:53',
        id: '0',
        package: 'shop-api',
      },
    );
    assert.equal(property(suite, 'score.earned'), '48.75');
    const cases = suite.children.filter(({ name }) => name === 'testcase');
    assert.equal(cases.length, 12);
    const load = cases.find(({ attributes }) => attributes['classname'] === 'day-13.sustains-load');
    assert.ok(load);
    assert.equal(property(load, 'points.earned'), '9.75');
    assert.equal(property(load, 'points.max'), '15');
    assert.equal(load.attributes['time'], '14.800');
  });

  test('tells the learner’s failures from the grader’s own trouble', () => {
    const [suite] = parse(renderJUnit(sampleReport())).children;
    const outcomes = suite?.children
      .filter(({ name }) => name === 'testcase')
      .map((element) => element.children.find(({ name }) => ['failure', 'error', 'skipped'].includes(name)))
      .map((outcome) => (outcome ? `${outcome.name} ${outcome.attributes['type']}` : 'passed'));
    assert.deepEqual(outcomes, [
      'passed',
      'failure learner',
      'failure learner',
      'failure dependency',
      'failure learner',
      'passed',
      'failure learner',
      'passed',
      'failure timeout',
      'failure out-of-memory',
      'failure learner',
      'error infrastructure',
    ]);
  });

  test('a criterion that waited for one that was not graded is skipped', () => {
    const report = sampleReport();
    const waiting = report.criteria[3]!;
    waiting.verdict = {
      fraction: null,
      earned: null,
      fault: 'infrastructure',
      reason: 'another comes first and was not graded',
    };
    const xml = renderJUnit(report);
    assert.match(xml, /<skipped message="another comes first and was not graded"\/>/);
    assert.match(xml, /failures="7" errors="1" skipped="1"/);
  });

  test('says what was sent, expected and received', () => {
    const xml = renderJUnit(sampleReport());
    const failure = find(parse(xml), 'failure');
    assert.match(
      failure?.text ?? '',
      /sent\s+GET \/api\/v1\/products\?minPrice=abc[\s\S]*expected\s+400[\s\S]*received\s+500[\s\S]*hint\s+Parse and check/,
    );
  });

  test('is well-formed and harmless whatever the submission says', () => {
    const hostile = ']]></failure><!-- & "\'\u0000\u0001\u001b[31m\uFFFE\uFFFF\uD800 \u202E <x y="1">';
    const root = parse(renderJUnit(hostileReport(hostile)));
    assert.equal(find(root, 'x'), undefined);
    assert.match(find(root, 'failure')?.text ?? '', /\]\]><\/failure><!-- & "'␀␁/);
    for (const report of [bootFailureReport(), perfectReport()]) parse(renderJUnit(report));
  });
});

function property(element: Element, name: string): string | undefined {
  return element.children
    .find((child) => child.name === 'properties')
    ?.children.find(({ attributes }) => attributes['name'] === name)?.attributes['value'];
}

function find(element: Element, name: string): Element | undefined {
  if (element.name === name) return element;
  for (const child of element.children) {
    const found = find(child, name);
    if (found) return found;
  }
  return undefined;
}

/** Parses strictly: everything that the XML recommendation calls an error throws. */
function parse(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const stack = [root];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const element: Element = { name, attributes: { ...attributes } as Record<string, string>, children: [], text: '' };
    stack.at(-1)?.children.push(element);
    stack.push(element);
  });
  parser.on('text', (text) => {
    const open = stack.at(-1);
    if (open) open.text += text;
  });
  parser.on('closetag', () => void stack.pop());
  parser.write(xml).close();
  assert.equal(root.children[0]?.name, 'testsuites');
  return root.children[0];
}

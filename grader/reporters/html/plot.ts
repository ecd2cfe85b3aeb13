import type * as PlotLibrary from '@observablehq/plot';
import type { VNode } from 'preact';
import type { Plot, Report } from '../../report/schema.ts';
import { quantity } from '../outcome.ts';
import { type Child, element, markup } from './element.ts';

const WIDTH = 460;
const HEIGHT = 270;
/** Up to so many numbers along x stand at equal distances: percentiles and rounds would crowd on a scale. */
const MOST_STEPS = 16;
/** Told apart by colour, and by dash and shape. */
const COLORS = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)'];
const DASHES = ['none', '6 4', '2 3', '8 3 2 3'];
const SYMBOLS = ['circle', 'diamond2', 'square2', 'triangle2'] as const;

interface Row {
  x: string | number;
  y: number;
  series: string;
}

/**
 * Draws every plot of a report as static SVG. Loads the plotting library only when there is one.
 *
 * @returns the drawings by plot; a plot without numbers has none
 */
export async function drawPlots(report: Report): Promise<ReadonlyMap<Plot, VNode>> {
  const plots = report.criteria.flatMap(({ evidence }) => evidence.observation.plots);
  if (plots.length === 0) return new Map();
  const [library, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
  const { document } = parseHTML('<!doctype html><title>plots</title>');
  return new Map(
    plots.flatMap((plot) =>
      rowsOf(plot).length === 0 ? [] : [[plot, elementOf(draw(library, document, plot))] as const],
    ),
  );
}

/** A figure: the drawing, and the same numbers as a table. */
export function plotFigure(plot: Plot, drawing: VNode | undefined): VNode {
  return markup`<figure class="plot">
    <figcaption>${plot.title}</figcaption>
    ${drawing}
    <ul class="legend" aria-hidden="true">${plot.series.map(({ name }, index) => markup`<li>${drawnAsBars(plot) ? barMark(index) : lineMark(index)}${name}</li>`)}</ul>
    <details><summary>The numbers of “${plot.title}”</summary>
      <div class="scroll" tabindex="0" role="group" aria-label=${`Table: ${plot.title}`}><table>
        <thead><tr><th scope="col">${plot.x.label}</th>${plot.series.map(({ name }) => markup`<th scope="col">${name}<span class="unit"> ${plot.y.label}</span></th>`)}</tr></thead>
        <tbody>${plot.x.values.map((x, index) => markup`<tr><th scope="row">${String(x)}</th>${plot.series.map(({ values }) => markup`<td>${values[index] === undefined ? '–' : quantity(values[index], '')}</td>`)}</tr>`)}</tbody>
      </table></div>
    </details>
  </figure>`;
}

type Library = typeof PlotLibrary;

function draw(library: Library, document: Document, plot: Plot): Element {
  const rows = rowsOf(plot);
  const names = plot.series.map(({ name }) => name);
  const stepped = plot.x.values.length <= MOST_STEPS || plot.x.values.some((x) => typeof x === 'string');
  const options = {
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 56,
    marginTop: 28,
    marginBottom: 42,
    marginRight: 16,
    className: 'drawing',
  };
  const y = { grid: true, zero: true, nice: true, label: plot.y.label, ticks: 5 };
  const color = { domain: names, range: COLORS };
  const svg = drawnAsBars(plot)
    ? library.plot({
        ...options,
        y,
        color,
        fx: { label: plot.x.label, domain: plot.x.values.map(String), padding: 0.2 },
        x: { axis: null, domain: names, padding: 0.08 },
        marks: [
          ...names.map((name, index) =>
            library.barY(
              rows.filter(({ series }) => series === name),
              {
                fx: 'x',
                x: 'series',
                y: 'y',
                fill: 'series',
                stroke: 'series',
                strokeWidth: 1.5,
                fillOpacity: index === 0 ? 1 : 0.25,
              },
            ),
          ),
          library.text(rows, {
            fx: 'x',
            x: 'series',
            y: 'y',
            text: ({ y: value }: Row) => quantity(value, ''),
            dy: -7,
          }),
          library.ruleY([0]),
        ],
      })
    : library.plot({
        ...options,
        y,
        color,
        x: stepped
          ? { type: 'point', label: plot.x.label, domain: plot.x.values.map(String) }
          : { label: plot.x.label },
        marks: [
          ...names.map((name, index) =>
            library.lineY(
              rows.filter(({ series }) => series === name),
              {
                x: 'x',
                y: 'y',
                stroke: 'series',
                strokeWidth: 2,
                strokeDasharray: DASHES[index % DASHES.length] ?? 'none',
              },
            ),
          ),
          ...names.map((name, index) =>
            library.dot(
              rows.filter(({ series }) => series === name),
              { x: 'x', y: 'y', fill: 'series', r: 3.5, symbol: SYMBOLS[index % SYMBOLS.length] ?? 'circle' },
            ),
          ),
          library.ruleY([0]),
        ],
      });
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', describe(plot));
  return svg;
}

function rowsOf({ x, series }: Plot): Row[] {
  const stepped = x.values.length <= MOST_STEPS || x.values.some((value) => typeof value === 'string');
  return series.flatMap(({ name, values }) =>
    values.flatMap((value, index) => {
      const at = x.values[index];
      return at === undefined ? [] : [{ x: stepped ? String(at) : at, y: value, series: name }];
    }),
  );
}

/** The plot in a sentence; the table has the numbers. */
function describe({ title, x, y, series }: Plot): string {
  const ranges = series
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) => `${name}: ${quantity(Math.min(...values), '')} to ${quantity(Math.max(...values), '')}`);
  return `${title}. ${y.label} by ${x.label}. ${ranges.join('; ')}. The table below has the numbers.`;
}

function drawnAsBars({ x }: Plot): boolean {
  return x.values.some((value) => typeof value === 'string');
}

function barMark(index: number): VNode {
  return markup`<svg class=${`series-${(index % COLORS.length) + 1}`} viewBox="0 0 14 14" width="14" height="14"><rect x="1" y="1" width="12" height="12" fill="currentColor" fill-opacity=${index === 0 ? 1 : 0.25} stroke="currentColor" stroke-width="1.5" /></svg>`;
}

function lineMark(index: number): VNode {
  return markup`<svg class=${`series-${(index % COLORS.length) + 1}`} viewBox="0 0 26 10" width="26" height="10"><path d="M0 5h26" stroke="currentColor" stroke-width="2" stroke-dasharray=${DASHES[index % DASHES.length]} /><circle cx="13" cy="5" r="3.5" fill="currentColor" /></svg>`;
}

/**
 * The drawing as elements of this report's own template library, so that every text in it is escaped
 * the same way. Style elements go, as the page's own styles stand for them, and so do labels inside of the image.
 */
function elementOf(node: Element): VNode {
  const attributes = Object.fromEntries(
    Array.from(node.attributes, ({ name, value }) => [name, value]).filter(
      ([name]) => node.nodeName.toLowerCase() === 'svg' || !name?.startsWith('aria-'),
    ),
  );
  const children = Array.from(node.childNodes).flatMap((child): Child[] => {
    if (child.nodeType === 3) return [child.textContent];
    return child.nodeType === 1 && child.nodeName.toLowerCase() !== 'style' ? [elementOf(child as Element)] : [];
  });
  return element(node.nodeName.toLowerCase(), attributes, ...children);
}

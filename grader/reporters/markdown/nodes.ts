import { toUSVString } from 'node:util';
import type { BlockContent, PhrasingContent, RootContent, Table, Text } from 'mdast';
import { gfmToMarkdown } from 'mdast-util-gfm';
import { toMarkdown } from 'mdast-util-to-markdown';
import { printable, printableLine } from '../../platform/printable.ts';

/** Most characters of one foreign text in a sentence. */
export const MOST_LINE = 400;
const MOST_CODE = 1200;

/**
 * Nodes as GitHub Flavored Markdown. The library escapes Markdown, HTML and bare links. Between two dollar signs
 * GitHub sees mathematics, which can hold links; in a span, a dollar sign is none of that.
 * Source: https://docs.github.com/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions
 */
export function markdown(children: RootContent[], { alignTables = true } = {}): string {
  return toMarkdown(
    { type: 'root', children },
    {
      extensions: [gfmToMarkdown({ tablePipeAlign: alignTables })],
      handlers: {
        text: (node: Text, _parent, state, info) => state.safe(node.value, info).replaceAll('$', '<span>$</span>'),
      },
      bullet: '-',
      rule: '-',
    },
  );
}

/**
 * Foreign text in a sentence. A zero-width space keeps GitHub from making mentions and references,
 * which it looks for in what was rendered.
 */
export function text(value: string): PhrasingContent {
  return {
    type: 'text',
    value: cut(printable(value).replaceAll(/\s+/g, ' '), MOST_LINE).replaceAll(
      /([@#])(?=\w)|\b(GH)(?=-\d)/gi,
      '$1$2\u200B',
    ),
  };
}

/** As `text`, with `words in backticks` as code. */
export function prose(value: string): PhrasingContent[] {
  return cut(printable(value).replaceAll(/\s+/g, ' '), MOST_LINE)
    .split(/`([^`]+)`/)
    .flatMap((part, index) => (part === '' ? [] : [index % 2 === 1 ? code(part) : text(part)]));
}

export function strong(value: string): PhrasingContent {
  return { type: 'strong', children: [text(value)] };
}

/** GitHub makes no links, mentions or references in code. */
export function code(value: string): PhrasingContent {
  return { type: 'inlineCode', value: cut(printableLine(value), MOST_LINE) || ' ' };
}

export function block(value: string): BlockContent[] {
  return value.trim() === '' ? [] : [{ type: 'code', value: cut(printable(value), MOST_CODE) }];
}

export function heading(depth: 2 | 3, ...children: PhrasingContent[]): BlockContent {
  return { type: 'heading', depth, children };
}

export function paragraph(...children: PhrasingContent[]): BlockContent {
  return { type: 'paragraph', children };
}

export function list(items: PhrasingContent[][]): BlockContent {
  return {
    type: 'list',
    spread: false,
    children: items.map((children) => ({
      type: 'listItem',
      spread: false,
      children: [{ type: 'paragraph', children }],
    })),
  };
}

/** A table; the first row is its head. */
export function table(align: Table['align'], rows: PhrasingContent[][][]): BlockContent {
  return {
    type: 'table',
    align: align ?? [],
    children: rows.map((cells) => ({
      type: 'tableRow',
      children: cells.map((children) => ({ type: 'tableCell', children })),
    })),
  };
}

/** Blocks that a reader opens by a click. @param label our own words */
export function folded(label: string, ...children: RootContent[]): RootContent[] {
  return [
    { type: 'html', value: `<details><summary>${label}</summary>` },
    ...children,
    { type: 'html', value: '</details>' },
  ];
}

/** A link of our own: to a report or a run. Anything but http and https is given as plain text. */
export function link(words: string, url: string): PhrasingContent {
  const parsed = URL.parse(url);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) return text(words);
  return { type: 'link', url: parsed.href, children: [text(words)] };
}

export function cut(value: string, most: number): string {
  return value.length > most ? `${toUSVString(value.slice(0, most))}…` : value;
}

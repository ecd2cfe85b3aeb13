import { posix } from 'node:path';
import { decodedMappings, TraceMap } from '@jridgewell/trace-mapping';
import { z } from 'zod';
import type { Script } from './suite-result.ts';

/** A script with its source map read. */
export interface ReadScript extends Script {
  trace: TraceMap | undefined;
  /** The paths that its map names, as far as they are known: from the app's folder, or whole. */
  sources: readonly string[];
}

/** A map of more sources is a bundle of many packages; looking for each file in it takes too long. */
const MAX_SOURCES = 200;

/** Where a piece of a file lies in one of the texts that ran for it. */
export interface Located {
  script: ReadScript;
  /**
   * Offsets in the script's text at which the first part of `text[start, end)` that has any lies; none for what the
   * script has no trace of.
   */
  find(start: number, end: number): readonly number[];
}

/** What Jest up to version 29 puts around a module, on its first line. */
const JEST_WRAPPER = /^\(\{"Object\.<anonymous>":function\([^)]*\)\{/;

/** Reads the source maps of scripts, once. One that is no source map counts as none. */
export function readScripts(scripts: readonly Script[]): ReadScript[] {
  return scripts.map((script) => {
    const trace = script.map === undefined ? undefined : parseMap(script.map);
    const folder = posix.dirname(script.path);
    const sources = (trace?.resolvedSources ?? []).map((source) => {
      const name = source.replace(/^file:\/\//, '').replace(/[?#].*$/, '');
      return name.startsWith('/') ? name : posix.join(folder, name);
    });
    return { ...script, trace, sources };
  });
}

/**
 * How a file as it was handed in fits a script that V8 ran: as it is (perhaps with something put around it),
 * with its types blanked out, or through a source map. undefined when it does not, as a script of another file.
 *
 * @param path the file, from the app's folder
 */
export function locate(path: string, text: string, script: ReadScript): Located | undefined {
  const mapped = script.trace && throughMap(path, text, script, script.trace);
  if (mapped !== undefined) return mapped;
  if (script.path !== path) return undefined;
  const body = text.replace(/^\uFEFF/, '');
  const shift = text.length - body.length;
  const at = script.source.indexOf(body.trimEnd());
  const offset = at >= 0 ? at : isBlanked(body, script.source) ? 0 : undefined;
  return offset === undefined ? undefined : { script, find: (start) => [start - shift + offset] };
}

/** Whether types were taken out by putting blanks in their place, as Node does. */
function isBlanked(text: string, source: string): boolean {
  const length = text.trimEnd().length;
  if (source.length < length) return false;
  for (let i = 0; i < length; i++) {
    const kept = source[i];
    // A semicolon takes the place of a type where a new statement would otherwise run into the one before.
    if (kept !== text[i] && kept !== ' ' && kept !== ';') return false;
  }
  return true;
}

function throughMap(path: string, text: string, script: ReadScript, map: TraceMap): Located | undefined {
  const sourceIndex = sourceOf(map, path, text, script);
  if (sourceIndex === undefined) return undefined;
  const original = lineStarts(text);
  const generated = lineStarts(script.source);
  const wrapper = JEST_WRAPPER.exec(script.source)?.[0].length ?? 0;
  const pairs: { from: number; to: number }[] = [];
  for (const [line, segments] of decodedMappings(map).entries()) {
    for (const [column, source, originalLine, originalColumn] of segments) {
      if (source !== sourceIndex || originalLine === undefined || originalColumn === undefined) continue;
      const [fromStart, toStart] = [original[originalLine], generated[line]];
      if (fromStart === undefined || toStart === undefined) continue;
      pairs.push({ from: fromStart + originalColumn, to: toStart + column + (line === 0 ? wrapper : 0) });
    }
  }
  pairs.sort((a, b) => a.from - b.from || a.to - b.to);
  return {
    script,
    find(start, end) {
      const first = pairs[firstAtOrAfter(pairs, start)];
      if (first === undefined || first.from >= end) return [];
      return pairs.slice(firstAtOrAfter(pairs, first.from), firstAtOrAfter(pairs, first.from + 1)).map(({ to }) => to);
    },
  };
}

const mapSchema = z.object({
  version: z.literal(3),
  sources: z.array(z.string().nullable()).max(MAX_SOURCES),
  sourcesContent: z.array(z.string().nullable()).nullish(),
  sourceRoot: z.string().nullish(),
  names: z.array(z.string()).default([]),
  mappings: z.string(),
});

/** undefined for what is no source map. */
function parseMap(json: string): TraceMap | undefined {
  try {
    const { sourcesContent, sourceRoot, ...map } = mapSchema.parse(JSON.parse(json));
    const trace = new TraceMap({
      ...map,
      ...(sourcesContent ? { sourcesContent } : {}),
      ...(sourceRoot ? { sourceRoot } : {}),
    });
    // Mappings that are none throw where they are decoded.
    decodedMappings(trace);
    return trace;
  } catch {
    return undefined;
  }
}

/** Which of a map's sources is the file; its contents, where the map has them, must be the file's. */
function sourceOf(map: TraceMap, path: string, text: string, script: ReadScript): number | undefined {
  const index = script.sources.findIndex((source) => source === path || source.endsWith(`/${path}`));
  // What stands for its own file has no other source, whatever its map calls it.
  const found = index >= 0 ? index : script.sources.length === 1 && script.path === path ? 0 : undefined;
  if (found === undefined) return undefined;
  const content = map.sourcesContent?.[found];
  return content === undefined || content === null || sameText(content, text) ? found : undefined;
}

function sameText(one: string, other: string): boolean {
  const bare = (text: string) =>
    text
      .replace(/^\uFEFF/, '')
      .replaceAll('\r\n', '\n')
      .trimEnd();
  return bare(one) === bare(other);
}

/** The index of the first pair with `from` not before an offset. */
function firstAtOrAfter(pairs: readonly { from: number }[], offset: number): number {
  let low = 0;
  let high = pairs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((pairs[middle]?.from ?? Infinity) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Offsets at which lines start, as source maps count lines. */
function lineStarts(text: string): number[] {
  return [0, ...[...text.matchAll(/\r\n|[\n\r\u2028\u2029]/g)].map((match) => match.index + match[0].length)];
}

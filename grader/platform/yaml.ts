import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { UsageError } from './errors.ts';

/** A place in a text, both counted from one. */
export interface TextPosition {
  line: number;
  column: number;
}

export interface YamlDocument {
  /** The document as plain data; undefined when it is empty. */
  value: unknown;
  /**
   * Where the value at `path` stands. With `of: 'key'`, where its key stands. A path that leads
   * nowhere (a missing key) is found at the deepest part of it that exists.
   */
  locate(path: readonly PropertyKey[], of?: 'key' | 'value'): TextPosition;
}

/** One thing that is wrong with a YAML file, and where. */
export interface YamlProblem extends TextPosition {
  /** Dotted, such as `criteria[2].points`; empty for the whole document. */
  path: string;
  message: string;
}

/** An alias may repeat its anchor so often, in sum; stops "billion laughs" documents. */
const MAX_ALIASES = 100;
/** Most problems that one error lists. */
const MAX_PROBLEMS = 20;

/**
 * Parses one YAML document and validates it.
 *
 * @param file what to call the text in messages
 * @throws {UsageError} listing each problem as `file:line:column  path: message`
 */
export function parseYaml<Schema extends z.ZodType>(
  text: string,
  file: string,
  schema: Schema,
): { data: z.infer<Schema>; document: YamlDocument } {
  const document = readYaml(text, file);
  const parsed = schema.safeParse(document.value);
  if (!parsed.success) throw yamlError(file, describeIssues(parsed.error.issues, document));
  return { data: parsed.data, document };
}

/**
 * Parses one YAML document to plain data with positions.
 *
 * @throws {UsageError} on broken YAML, duplicate keys, unknown tags or more than one document
 */
export function readYaml(text: string, file: string): YamlDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: 'silent',
  });
  const position = (offset: number): TextPosition => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const problems = [...document.errors, ...document.warnings].map((error): YamlProblem => ({
    ...position(error.pos[0]),
    path: '',
    message: oneLine(error.message),
  }));
  if (problems.length > 0) throw yamlError(file, problems);
  return {
    value: toPlain(document, file),
    locate: (path, of = 'value') => position(offsetOf(document, path, of)),
  };
}

/** The error that lists problems of one file, in the order in which they stand in it. */
export function yamlError(file: string, problems: readonly YamlProblem[]): UsageError {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const shown = sorted
    .slice(0, MAX_PROBLEMS)
    .map(({ line, column, path, message }) => `${file}:${line}:${column}  ${path === '' ? '' : `${path}: `}${message}`);
  if (sorted.length > MAX_PROBLEMS) shown.push(`… and ${sorted.length - MAX_PROBLEMS} more`);
  return new UsageError(shown.join('\n'), {
    mend: `Correct ${file} at the place${sorted.length === 1 ? '' : 's'} named.`,
  });
}

/** `['criteria', 2, 'points']` as `criteria[2].points`. */
export function showPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

function toPlain(document: Document.Parsed, file: string): unknown {
  try {
    return (document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown) ?? undefined;
  } catch (error) {
    const message = error instanceof Error ? oneLine(error.message) : 'cannot be read';
    throw yamlError(file, [{ line: 1, column: 1, path: '', message }]);
  }
}

/** Offset of the value or key at `path`, or of the deepest part of it that exists. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], of: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of path.entries()) {
    const last = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && keyOf(item.key) === String(part));
      if (pair === undefined) return offset;
      node = pair.value;
      offset = (last && of === 'key' ? startOf(pair.key) : (startOf(pair.value) ?? startOf(pair.key))) ?? offset;
    } else if (isSeq(node)) {
      node = node.items[Number(part)];
      if (node === undefined) return offset;
      offset = startOf(node) ?? offset;
    } else {
      return offset;
    }
  }
  return offset;
}

function keyOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Where each issue of a validation stands; `prefix` leads to the part of the document that was validated. */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  document: YamlDocument,
  prefix: readonly PropertyKey[] = [],
): YamlProblem[] {
  return issues.flatMap((issue) => describeIssue(issue, prefix, document));
}

/** One problem an issue; an unknown key is found where the key stands, a union by its closest branch. */
function describeIssue(issue: z.core.$ZodIssue, prefix: readonly PropertyKey[], document: YamlDocument): YamlProblem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      ...document.locate([...path, key], 'key'),
      path: showPath(path),
      message: `unknown key "${oneLine(key)}"`,
    }));
  }
  if (issue.code === 'invalid_union') {
    const closest = closestBranch(issue.errors);
    if (closest !== undefined) return closest.flatMap((inner) => describeIssue(inner, path, document));
  }
  if (issue.code === 'invalid_key') {
    const message = issue.issues[0]?.message ?? issue.message;
    return [{ ...document.locate(path, 'key'), path: showPath(path), message: oneLine(message) }];
  }
  return [{ ...document.locate(path), path: showPath(path), message: oneLine(issue.message) }];
}

/** The branch of a union that got furthest into the value; undefined when none got into it at all. */
function closestBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const depth = (branch: readonly z.core.$ZodIssue[]) =>
    Math.max(0, ...branch.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
  const deepest = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
  return deepest !== undefined && depth(deepest) > 0 ? deepest : undefined;
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

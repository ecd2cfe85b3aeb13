import { posix } from 'node:path';
import {
  native,
  object,
  text,
  textOf,
  textsOf,
  UNKNOWN,
  type Argument,
  type Interpreter,
  type List,
  type Native,
  type Site,
  type Value,
} from './value.ts';

const MAX_ITEMS = 1000;

/** Names that are there without an import. */
export const GLOBALS: Readonly<Record<string, Value>> = {
  Object: object({
    keys: native('keys', ([of]) => list(entriesOf(of?.value).map(([name]) => text(name)))),
    values: native('values', ([of]) => list(entriesOf(of?.value).map(([, value]) => value))),
    entries: native('entries', ([of]) => list(entriesOf(of?.value).map(([name, value]) => list([text(name), value])))),
    assign: native('assign', assign),
    freeze: native('freeze', ([of]) => of?.value ?? UNKNOWN),
  }),
  Array: object({ from: native('from', ([of]) => of?.value ?? UNKNOWN) }),
  Promise: object({
    all: native('all', ([of]) => of?.value ?? UNKNOWN),
    resolve: native('resolve', ([of]) => of?.value ?? UNKNOWN),
  }),
  String: native('String', ([of]) => of?.value ?? UNKNOWN),
};

/** What is known of Node's own modules: as much as finding files takes. */
export function nodePackage(specifier: string): Value | undefined {
  return NODE_PACKAGES[specifier.replace(/^node:/, '')];
}

/** Methods that values of the language have; undefined for those without meaning here. */
export function memberOfBuiltin(owner: Value, name: string): Native | undefined {
  if (owner.kind === 'list') return listMethod(owner, name);
  if (owner.kind === 'text') return textMethod(owner.text, name);
  if (owner.kind !== 'closure' && owner.kind !== 'native') return undefined;
  if (name === 'bind') return native(name, () => owner);
  if (name === 'call') return native(name, ([self, ...args], site, all) => all.call(owner, args, site, self?.value));
  return undefined;
}

function list(items: Value[]): Value {
  return { kind: 'list', items: items.slice(0, MAX_ITEMS) };
}

function entriesOf(value: Value | undefined): [string, Value][] {
  if (value?.kind !== 'object') return [];
  return [...value.properties].map(([name, held]) => [name, typeof held === 'function' ? held() : held]);
}

function assign(args: readonly Argument[]): Value {
  const target = args[0]?.value ?? UNKNOWN;
  if ('properties' in target)
    for (const { value } of args.slice(1))
      for (const [name, held] of entriesOf(value)) target.properties.set(name, held);
  return target;
}

function listMethod(owner: List, name: string): Native | undefined {
  const each = (args: readonly Argument[], site: Site, interpreter: Interpreter, before: readonly Argument[] = []) =>
    (owner.items.length === 0 ? [UNKNOWN] : owner.items).map((item) =>
      interpreter.call(args[0]?.value ?? UNKNOWN, [...before, { value: item, node: undefined }], site),
    );
  switch (name) {
    case 'forEach':
      return native(name, (args, site, all) => {
        each(args, site, all);
        return UNKNOWN;
      });
    case 'map':
      return native(name, (args, site, all) => list(each(args, site, all)));
    case 'flatMap':
      return native(name, (args, site, all) => list(each(args, site, all).flatMap(itemsOf)));
    case 'reduce':
      return native(name, ([fn, start], site, all) =>
        owner.items.reduce<Value>(
          (sum, item) =>
            all.call(
              fn?.value ?? UNKNOWN,
              [sum, item].map((value) => ({ value, node: undefined })),
              site,
            ),
          start?.value ?? UNKNOWN,
        ),
      );
    case 'filter':
    case 'slice':
    case 'sort':
    case 'reverse':
      return native(name, () => owner);
    case 'flat':
      return native(name, () => list(owner.items.flatMap(itemsOf)));
    case 'concat':
      return native(name, (args) => list([...owner.items, ...args.flatMap(({ value }) => itemsOf(value))]));
    case 'push':
      return native(name, (args) => {
        if (owner.items.length < MAX_ITEMS) owner.items.push(...args.map(({ value }) => value));
        return UNKNOWN;
      });
    case 'join':
      return native(name, ([by]) => text(textsOf(owner).join(textOf(by?.value) ?? ',')));
    default:
      return undefined;
  }
}

function itemsOf(value: Value): Value[] {
  return value.kind === 'list' ? value.items : [value];
}

function textMethod(owner: string, name: string): Native | undefined {
  switch (name) {
    case 'toLowerCase':
      return native(name, () => text(owner.toLowerCase()));
    case 'toUpperCase':
      return native(name, () => text(owner.toUpperCase()));
    case 'trim':
    case 'toString':
      return native(name, () => text(owner.trim()));
    case 'concat':
      return native(name, (args) => text(owner + args.flatMap(({ value }) => textsOf(value)).join('')));
    case 'split':
      return native(name, ([by]) => list(owner.split(textOf(by?.value) ?? '/').map(text)));
    case 'replace':
      return native(name, ([from, to]) =>
        text(owner.replace(textOf(from?.value) ?? '', () => textOf(to?.value) ?? '')),
      );
    default:
      return undefined;
  }
}

const PATH: Value = object({
  join: native('join', (args) => joinAll(args)),
  resolve: native('resolve', (args) => joinAll(args)),
  dirname: native('dirname', ([of]) => onText(of, (path) => posix.dirname(path))),
  basename: native('basename', ([of, end]) => onText(of, (path) => posix.basename(path, textOf(end?.value)))),
});

const READ_FOLDER = native('readdir', ([of], _site, interpreter) => {
  const folder = textOf(of?.value);
  return folder === undefined ? UNKNOWN : list(interpreter.list(posix.normalize(folder)).map(text));
});

const NODE_PACKAGES: Readonly<Record<string, Value>> = {
  path: PATH,
  fs: object({ readdirSync: READ_FOLDER, promises: object({ readdir: READ_FOLDER }) }),
  'fs/promises': object({ readdir: READ_FOLDER }),
  url: object({ fileURLToPath: native('fileURLToPath', ([of]) => of?.value ?? UNKNOWN) }),
  module: object({
    createRequire: native('createRequire', () =>
      native('require', ([of], { file }, interpreter) => {
        const specifier = textOf(of?.value);
        return specifier === undefined ? UNKNOWN : interpreter.require(specifier, file);
      }),
    ),
  }),
};

function joinAll(args: readonly Argument[]): Value {
  const parts = args.flatMap(({ value }) => textOf(value) ?? []);
  return parts.length === args.length && parts.length > 0 ? text(posix.join(...parts)) : UNKNOWN;
}

function onText(argument: Argument | undefined, change: (text: string) => string): Value {
  const given = textOf(argument?.value);
  return given === undefined ? UNKNOWN : text(change(given));
}

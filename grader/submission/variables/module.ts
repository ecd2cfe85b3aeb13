import { child, children, nameOf, walk, type SyntaxNode, type Visit } from '../../platform/syntax.ts';

/** What a file declares, exports and calls, by name: its text in the order that questions are asked. */
export interface Module {
  file: string;
  root: SyntaxNode;
  bindings: ReadonlyMap<string, readonly Binding[]>;
  /** What is assigned after its declaration: `port = …`, `config.db.url = …`, `this.port = …`. */
  assigned: ReadonlyMap<string, readonly SyntaxNode[]>;
  /** ES exports by name, and `exports.x = …`. */
  exports: ReadonlyMap<string, Export>;
  /** `module.exports = …` and `export =`. */
  whole: readonly SyntaxNode[];
  /** `export * from`. */
  passedOn: readonly string[];
  /** Calls and `new`, in the order of the text. */
  calls: readonly Visit[];
  /** `a.b`, `a['b']`, and `const { b } = a` at the pattern. */
  accesses: readonly Visit[];
  objects: readonly Visit[];
  /** Functions, each with the name by which it is called; undefined for one that has none of its own. */
  functions: ReadonlyMap<SyntaxNode, string | undefined>;
}

export type Export = { from: string; name: string } | { local: string; at: number } | { node: SyntaxNode };

/** A name, where it is known, and what it stands for. */
export interface Binding {
  scope: { start: number; end: number };
  source: Source;
}

export type Source =
  /** `path` leads to it within the value of `node`: `const { db: { url = 'x' } } = node`. */
  | { kind: 'value'; node: SyntaxNode; path: readonly string[]; fallback: SyntaxNode | undefined }
  | { kind: 'parameter'; of: SyntaxNode; index: number; path: readonly string[]; fallback: SyntaxNode | undefined }
  | { kind: 'import'; from: string; name: string }
  | { kind: 'definition'; node: SyntaxNode }
  | { kind: 'opaque' };

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ObjectMethod',
  'ClassMethod',
  'ClassPrivateMethod',
]);
const BLOCKS = new Set([
  'BlockStatement',
  'Program',
  'ForStatement',
  'ForOfStatement',
  'ForInStatement',
  'SwitchStatement',
  'StaticBlock',
]);

export function isFunction(node: SyntaxNode): boolean {
  return FUNCTIONS.has(node.type);
}

/** Reads a file's syntax tree once. */
export function indexModule(file: string, root: SyntaxNode): Module {
  const index = new Indexer(file, root);
  walk(root, (place) => index.visit(place));
  return index;
}

class Indexer implements Module {
  readonly bindings = new Map<string, Binding[]>();
  readonly assigned = new Map<string, SyntaxNode[]>();
  readonly exports = new Map<string, Export>();
  readonly whole: SyntaxNode[] = [];
  readonly passedOn: string[] = [];
  readonly calls: Visit[] = [];
  readonly accesses: Visit[] = [];
  readonly objects: Visit[] = [];
  readonly functions = new Map<SyntaxNode, string | undefined>();
  readonly file: string;
  readonly root: SyntaxNode;

  constructor(file: string, root: SyntaxNode) {
    this.file = file;
    this.root = root;
  }

  visit(place: Visit): void {
    const { node } = place;
    if (isFunction(node)) this.#function(place);
    switch (node.type) {
      case 'VariableDeclarator':
        return this.#declarator(place);
      case 'ClassDeclaration':
        return this.#bind(nameOf(child(node, 'id')), scopeOf(place, false), { kind: 'definition', node });
      case 'ImportDeclaration':
        return this.#import(place);
      case 'ExportNamedDeclaration':
        return this.#exportNamed(node);
      case 'ExportDefaultDeclaration':
        return this.#export('default', child(node, 'declaration'));
      case 'ExportAllDeclaration':
        return void this.passedOn.push(textOf(child(node, 'source')) ?? '');
      case 'TSExportAssignment':
        return this.#whole(child(node, 'expression'));
      case 'AssignmentExpression':
        return this.#assignment(node);
      case 'CallExpression':
      case 'OptionalCallExpression':
      case 'NewExpression':
        return void this.calls.push(place);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
      case 'ObjectPattern':
        return void this.accesses.push(place);
      case 'ObjectExpression':
        return void this.objects.push(place);
      default:
    }
  }

  #bind(name: string | undefined, scope: Binding['scope'], source: Source): void {
    if (name !== undefined) append(this.bindings, name, { scope, source });
  }

  #function(place: Visit): void {
    const { node } = place;
    this.functions.set(node, functionName(place));
    if (node.type === 'FunctionDeclaration')
      this.#bind(nameOf(child(node, 'id')), scopeOf(place, false), { kind: 'definition', node });
    children(node, 'params').forEach((parameter, index) => {
      for (const { name, path, fallback } of names(parameter, []))
        this.#bind(name, node, { kind: 'parameter', of: node, index, path, fallback });
    });
  }

  #declarator(place: Visit): void {
    const { node, parent } = place;
    const value = child(node, 'init');
    const scope = scopeOf(place, parent?.node['kind'] === 'var');
    for (const { name, path, fallback } of names(child(node, 'id'), []))
      this.#bind(
        name,
        scope,
        value === undefined ? { kind: 'opaque' } : { kind: 'value', node: value, path, fallback },
      );
  }

  #import(place: Visit): void {
    const from = textOf(child(place.node, 'source')) ?? '';
    for (const specifier of children(place.node, 'specifiers')) {
      const name =
        specifier.type === 'ImportSpecifier'
          ? (nameOf(child(specifier, 'imported')) ?? '')
          : specifier.type === 'ImportNamespaceSpecifier'
            ? '*'
            : 'default';
      this.#bind(nameOf(child(specifier, 'local')), this.root, { kind: 'import', from, name });
    }
  }

  #exportNamed(node: SyntaxNode): void {
    const from = textOf(child(node, 'source'));
    for (const specifier of children(node, 'specifiers')) {
      const exported = nameOf(child(specifier, 'exported'));
      const local = nameOf(child(specifier, 'local')) ?? '*';
      if (exported !== undefined)
        this.exports.set(exported, from === undefined ? { local, at: node.start } : { from, name: local });
    }
    const declaration = child(node, 'declaration');
    if (declaration === undefined) return;
    const declared = [
      nameOf(child(declaration, 'id')),
      ...children(declaration, 'declarations').flatMap((one) => names(child(one, 'id'), []).map(({ name }) => name)),
    ];
    for (const name of declared) if (name !== undefined) this.exports.set(name, { local: name, at: node.start });
  }

  #export(name: string, node: SyntaxNode | undefined): void {
    if (node !== undefined) this.exports.set(name, { node });
  }

  #whole(node: SyntaxNode | undefined): void {
    // module.exports = exports = …
    const value = node?.type === 'AssignmentExpression' ? child(node, 'right') : node;
    if (value !== undefined) this.whole.push(value);
  }

  #assignment(node: SyntaxNode): void {
    const [left, right] = [child(node, 'left'), child(node, 'right')];
    const way = pathOf(left)?.join('.');
    if (way === undefined || right === undefined || !['=', '||=', '??='].includes(String(node['operator']))) return;
    if (way === 'module.exports') return this.#whole(right);
    const exported = /^(?:module\.)?exports\.([^.]+)$/.exec(way)?.[1];
    if (exported !== undefined) this.#export(exported, right);
    append(this.assigned, way, right);
  }
}

/** The names of a pattern, each with the properties that lead to it. */
function names(
  pattern: SyntaxNode | undefined,
  path: readonly string[],
): { name: string; path: readonly string[]; fallback: SyntaxNode | undefined }[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [{ name: String(pattern['name']), path, fallback: undefined }];
    case 'AssignmentPattern': {
      const [first, ...rest] = names(child(pattern, 'left'), path);
      return first === undefined ? [] : [{ ...first, fallback: child(pattern, 'right') }, ...rest];
    }
    case 'TSParameterProperty':
      return names(child(pattern, 'parameter'), path);
    case 'ObjectPattern':
      return children(pattern, 'properties').flatMap((property) => {
        if (property.type === 'RestElement') return names(child(property, 'argument'), path);
        const key = property['computed'] === true ? undefined : nameOf(child(property, 'key'));
        return key === undefined ? [] : names(child(property, 'value'), [...path, key]);
      });
    case 'ArrayPattern':
      return children(pattern, 'elements').flatMap((element, index) => names(element, [...path, String(index)]));
    default:
      return [];
  }
}

/** `a.b.c` as its names, `this` included; undefined where something else takes part. */
export function pathOf(node: SyntaxNode | undefined): string[] | undefined {
  const way: string[] = [];
  for (let at = node; at !== undefined; at = child(at, 'object')) {
    if (at.type === 'ThisExpression') return ['this', ...way];
    if (at.type === 'Identifier') return [String(at['name']), ...way];
    const name = isMember(at) ? memberName(at) : undefined;
    if (name === undefined) return undefined;
    way.unshift(name);
  }
  return undefined;
}

export function isMember(node: SyntaxNode): boolean {
  return node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression';
}

/** The name in `a.name` and `a['name']`. */
export function memberName(node: SyntaxNode): string | undefined {
  const property = child(node, 'property');
  if (node['computed'] !== true)
    return property?.type === 'PrivateName' ? nameOf(child(property, 'id')) : nameOf(property);
  return textOf(property);
}

/** The text of a literal. */
export function textOf(node: SyntaxNode | undefined): string | undefined {
  if (node?.type === 'StringLiteral' || node?.type === 'NumericLiteral') return String(node['value']);
  if (node?.type !== 'TemplateLiteral' || children(node, 'expressions').length > 0) return undefined;
  return children(node, 'quasis').map(cooked).join('');
}

/** The text of a template's piece. */
export function cooked(quasi: SyntaxNode): string {
  return String((quasi['value'] as { cooked?: unknown } | undefined)?.cooked ?? '');
}

function functionName({ node, parent }: Visit): string | undefined {
  const ofClass = parent?.parent?.node;
  if (node['kind'] === 'constructor') return ofClass && nameOf(child(ofClass, 'id'));
  const own = nameOf(child(node, 'id')) ?? nameOf(child(node, 'key'));
  if (own !== undefined || parent === undefined) return own;
  const holder = parent.node;
  return nameOf(child(holder, 'id')) ?? nameOf(child(holder, 'key')) ?? nameOf(child(holder, 'left'));
}

function scopeOf(place: Visit, isVar: boolean): SyntaxNode {
  let at = place;
  while (at.parent !== undefined) {
    at = at.parent;
    if (isFunction(at.node) || (!isVar && BLOCKS.has(at.node.type))) break;
  }
  return at.node;
}

/** Adds to the list that a map has under a key. */
export function append<Item>(map: Map<string, Item[]>, key: string, item: Item): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [item]);
  else list.push(item);
}

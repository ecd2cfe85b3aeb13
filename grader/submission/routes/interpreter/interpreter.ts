import { posix } from 'node:path';
import { child, children, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import type { Sources } from '../../sources.ts';
import { frameworkPackage } from '../frameworks/index.ts';
import type { Router } from '../router.ts';
import { GLOBALS, memberOfBuiltin, nodePackage } from './builtins.ts';
import { classMember, closure, evaluateExpression } from './expressions.ts';
import type { Resolve } from './modules.ts';
import { exportsOf } from './module-exports.ts';
import { bind } from './patterns.ts';
import { Scope, type Frame } from './scope.ts';
import { executeAll } from './statements.ts';
import {
  defaultOf,
  named,
  native,
  object,
  property,
  text,
  UNKNOWN,
  type Argument,
  type Class,
  type Closure,
  type Interpreter,
  type Site,
  type Value,
} from './value.ts';

/** Nodes that are looked at, in sum: an app of usual size takes a few thousand. */
const MAX_STEPS = 300_000;
/** Depth of calls and of expressions; JavaScript's own stack must hold it. */
const MAX_CALLS = 40;
const MAX_NESTING = 400;
const MAX_MODULES = 600;

/** Follows how an app is put together from its modules, without running any of it. */
export class SourceInterpreter implements Interpreter {
  /** Of every module read, in the order of reading. */
  readonly scopes = new Map<string, Scope>();
  readonly closures: Closure[] = [];
  readonly routers: Router[] = [];
  readonly #sources: Sources;
  readonly #resolve: Resolve;
  readonly #process: Value;
  readonly #modules = new Map<string, Value>();
  readonly #running: SyntaxNode[] = [];
  #steps = 0;
  #nesting = 0;

  constructor(sources: Sources, resolve: Resolve, options: { folder: string; environment: Record<string, string> }) {
    this.#sources = sources;
    this.#resolve = resolve;
    const env = Object.entries(options.environment).map(([name, value]): [string, Value] => [name, text(value)]);
    this.#process = object({
      env: object(Object.fromEntries(env)),
      cwd: native('cwd', () => text(options.folder === '' ? '.' : options.folder)),
    });
  }

  step(): boolean {
    this.#steps += 1;
    return this.#steps <= MAX_STEPS;
  }

  noteClosure(value: Closure): void {
    this.closures.push(value);
  }

  noteRouter(router: Router): void {
    this.routers.push(router);
  }

  evaluate(node: SyntaxNode, scope: Scope): Value {
    if (!this.step() || this.#nesting >= MAX_NESTING) return UNKNOWN;
    this.#nesting += 1;
    try {
      return evaluateExpression(node, scope, this);
    } finally {
      this.#nesting -= 1;
    }
  }

  call(callee: Value, args: readonly Argument[], site: Site, self: Value = UNKNOWN): Value {
    switch (callee.kind) {
      case 'native':
        return callee.call(args, site, this);
      case 'closure':
        return this.#run(callee, args, self);
      case 'class':
        return this.construct(callee, args, site);
      case 'object': {
        const inner = defaultOf(callee);
        return inner === callee ? UNKNOWN : this.call(inner, args, site, self);
      }
      default:
        // What is unknown may call back: `connect().then(() => …)`, `describe(…, () => …)`.
        for (const { value } of args) if (value.kind === 'closure') this.#run(value, [], UNKNOWN);
        return callee.kind === 'unknown' ? callee : UNKNOWN;
    }
  }

  construct(callee: Value, args: readonly Argument[], site: Site): Value {
    if (callee.kind !== 'class') return this.call(callee, args, site);
    const made: Value = { kind: 'object', properties: new Map(), class: callee };
    this.#initialise(callee, made, args, site, 0);
    return made;
  }

  callSuper(frame: Frame, args: readonly Argument[]): Value {
    const parent = frame.home?.parent;
    if (parent !== undefined) this.#initialise(parent, frame.self, args, { file: frame.file, line: 0 }, 0);
    return UNKNOWN;
  }

  member(owner: Value, name: string): Value {
    // A promise is taken for what it gives.
    if (name === 'then' && owner.kind !== 'unknown')
      return native(name, ([fn], site) => this.call(fn?.value ?? UNKNOWN, [{ value: owner, node: undefined }], site));
    if ('properties' in owner) {
      const own = property(owner.properties, name);
      if (own !== undefined) return own;
    }
    if (owner.kind === 'object') {
      const method = classMember(owner.class, name);
      if (method === undefined) return memberOfBuiltin(owner, name) ?? named(undefined);
      const value = this.#method(owner.class, method, name);
      return method['kind'] === 'get' && value.kind === 'closure' ? this.#run(value, [], owner) : value;
    }
    if (owner.kind === 'class' && owner.parent !== undefined) return this.member(owner.parent, name);
    if (owner.kind === 'router') return owner.member(name) ?? named(name);
    if (owner.kind === 'unknown') return named(owner.name === undefined ? name : `${owner.name}.${name}`);
    return memberOfBuiltin(owner, name) ?? named(name);
  }

  require(specifier: string, file: string): Value {
    const framework = frameworkPackage(specifier) ?? nodePackage(specifier);
    if (framework !== undefined) return framework;
    const path = this.#resolve(specifier, file);
    return path === undefined ? UNKNOWN : this.load(path);
  }

  list(folder: string): string[] {
    const start = folder === '' || folder === '.' ? '' : `${folder.replace(/\/$/, '')}/`;
    const names = this.#sources.paths
      .filter((path) => path.startsWith(start))
      .map((path) => path.slice(start.length).split('/', 1)[0] ?? '');
    return [...new Set(names)];
  }

  /** What a module exports; it is read at the first call. */
  load(path: string): Value {
    const known = this.#modules.get(path);
    if (known !== undefined) return known;
    const syntax = this.#modules.size < MAX_MODULES ? this.#sources.syntax(path) : undefined;
    const exports = object();
    this.#modules.set(path, exports);
    if (syntax === undefined) return exports;
    const frame: Frame = { file: path, self: exports, returned: [] };
    const scope = new Scope(this.#globals(path), frame);
    const module = object({ exports });
    scope.declare('module', module);
    scope.declare('exports', exports);
    this.scopes.set(path, scope);
    const body = children(syntax, 'body');
    for (const statement of body) this.#import(statement, scope);
    exportsOf(body, exports, scope, this);
    executeAll(body, scope, this);
    property(exports.properties, 'default');
    const result = property(module.properties, 'exports') ?? exports;
    this.#modules.set(path, result);
    return result;
  }

  /** A method of a class as a value. */
  #method(home: Class | undefined, node: SyntaxNode, name: string): Value {
    return closure(node, new Scope(home?.scope, this.#frame(home)), this, name);
  }

  #frame(home: Class | undefined): Frame {
    return { file: home?.scope.frame.file ?? '', self: UNKNOWN, returned: [], home };
  }

  #initialise(callee: Value, made: Value, args: readonly Argument[], site: Site, depth: number): void {
    if (callee.kind !== 'class' || made.kind !== 'object' || depth > 10) return;
    const parts = children(child(callee.node, 'body') ?? callee.node, 'body');
    const constructor = parts.find((part) => part['kind'] === 'constructor');
    if (constructor === undefined && callee.parent !== undefined)
      this.#initialise(callee.parent, made, args, site, depth + 1);
    const scope = new Scope(callee.scope, { ...this.#frame(callee), self: made });
    for (const part of parts) {
      if (!/^Class(Private)?Property$/.test(part.type) || part['static'] === true) continue;
      const key = child(part, 'key');
      const name = key?.type === 'PrivateName' ? `#${nameOf(child(key, 'id'))}` : nameOf(key);
      const initial = child(part, 'value');
      if (name !== undefined && initial !== undefined) made.properties.set(name, this.evaluate(initial, scope));
    }
    if (constructor === undefined) return;
    const value = this.#method(callee, constructor, 'constructor');
    if (value.kind === 'closure') this.#run(value, args, made);
  }

  #run(callee: Closure, args: readonly Argument[], self: Value): Value {
    callee.used = true;
    const again = this.#running.filter((node) => node === callee.node).length;
    if (again > 1 || this.#running.length >= MAX_CALLS || !this.step()) return UNKNOWN;
    const isArrow = callee.node.type === 'ArrowFunctionExpression';
    const outer = callee.scope.frame;
    const frame: Frame = { file: outer.file, self: isArrow ? outer.self : self, returned: [], home: outer.home };
    const scope = new Scope(callee.scope, frame);
    this.#running.push(callee.node);
    try {
      for (const [index, parameter] of children(callee.node, 'params').entries()) {
        const rest: Value = { kind: 'list', items: args.slice(index).map(({ value }) => value) };
        const value = parameter.type === 'RestElement' ? rest : (args[index]?.value ?? named(nameOf(parameter)));
        bind(parameter, value, scope, this);
      }
      const body = child(callee.node, 'body');
      if (body?.type !== 'BlockStatement') return body === undefined ? UNKNOWN : this.evaluate(body, scope);
      executeAll(children(body, 'body'), scope, this);
      return frame.returned.find(({ kind }) => kind !== 'unknown') ?? frame.returned[0] ?? UNKNOWN;
    } finally {
      this.#running.pop();
    }
  }

  #globals(path: string): Scope {
    const scope = new Scope(undefined, { file: path, self: UNKNOWN, returned: [] });
    scope.declare('__dirname', text(posix.dirname(path)));
    scope.declare('__filename', text(path));
    scope.declare('process', this.#process);
    for (const [name, value] of Object.entries(GLOBALS)) scope.declare(name, value);
    return scope;
  }

  /** Binds the names of an import; the module is read when one of them is used. */
  #import(node: SyntaxNode, scope: Scope): void {
    if (node.type === 'TSImportEqualsDeclaration') {
      const [id, reference] = [nameOf(child(node, 'id')), child(node, 'moduleReference')];
      const source = reference === undefined ? undefined : child(reference, 'expression');
      if (id !== undefined && source !== undefined)
        scope.declare(id, () => this.require(String(source['value']), scope.frame.file));
    }
    if (node.type !== 'ImportDeclaration' || node['importKind'] === 'type') return;
    const specifier = String(child(node, 'source')?.['value']);
    const specifiers = children(node, 'specifiers');
    const exports = () => this.require(specifier, scope.frame.file);
    if (specifiers.length === 0) exports();
    for (const entry of specifiers) {
      const local = nameOf(child(entry, 'local'));
      if (local === undefined) continue;
      const imported = nameOf(child(entry, 'imported')) ?? 'default';
      scope.declare(local, () => {
        if (entry.type === 'ImportNamespaceSpecifier') return exports();
        const value = imported === 'default' ? defaultOf(exports()) : this.member(exports(), imported);
        return value.kind === 'unknown' ? named(local) : value;
      });
    }
  }
}

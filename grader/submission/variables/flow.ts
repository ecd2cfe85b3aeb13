import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import { cooked, isFunction, isMember, memberName, pathOf, textOf, type Binding, type Module } from './module.ts';
import { requiredBy, type Program } from './program.ts';
import { bindingAt, classAround, isDefault, returns } from './scope.ts';
import { choice, texts, UNKNOWN, type Frame, type Held, type Place, type Value } from './value.ts';

/** Steps of one question, and of all questions about an app; then nothing more is known. */
const MAX_STEPS = 2000;
const MAX_ALL_STEPS = 400_000;
const MAX_DEPTH = 60;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,99}$/;
const CONSTANT = /^[A-Z](?:[A-Z0-9_]*[A-Z0-9l])?$/;
/** Give back what they are given, or a reading of it. */
const CONVERSIONS = new Set([
  'Number',
  'parseInt',
  'parseFloat',
  'String',
  'BigInt',
  'Object.freeze',
  'Object.seal',
  'structuredClone',
  'Number.parseInt',
  'Number.parseFloat',
  'encodeURIComponent',
  'createSecretKey',
  'createPrivateKey',
  'createPublicKey',
  'importPKCS8',
  'importSPKI',
  'encode',
]);
/** Methods of libraries that check an environment and give it back. */
const VALIDATORS =
  /^(parse|safeParse|parseAsync|validate|validateSync|validateAsync|attempt|assert|cast|cleanEnv|envsafe|createEnv|parseEnv|load|check|decode|create|envSchema|makeValidator)$/;
/** Methods that give a setting by its name. */
const GETTER = /^(get|getOrThrow|getString|getNumber|require|required|env)$/;
/** What they put the result under. */
const VALIDATED = new Set(['data', 'value', 'output', 'parsed', 'env']);

/** Finds out what expressions may be, by following names, properties, imports and calls. Runs nothing. */
export class Flow {
  readonly program: Program;
  readonly #known = new Map<SyntaxNode, Value>();
  readonly #active = new Set<SyntaxNode>();
  #steps = 0;
  #all = 0;

  constructor(program: Program) {
    this.program = program;
  }

  evaluate(node: SyntaxNode | undefined, module: Module): Value {
    if (node === undefined) return UNKNOWN;
    let value = this.#known.get(node);
    if (value === undefined) {
      this.#steps = 0;
      value = this.#value(node, module, undefined);
      this.#known.set(node, value);
    }
    return value;
  }

  /** The value of a property, and of one below it: `property(object, 'socket', 'port')`. */
  property(value: Value, ...path: readonly string[]): Value {
    this.#steps = 0;
    return path.reduce((holder, name) => this.#property(holder, name), value);
  }

  #value(node: SyntaxNode | undefined, module: Module, frame: Frame | undefined): Value {
    if (node === undefined || this.#active.has(node) || this.#active.size > MAX_DEPTH) return UNKNOWN;
    if (++this.#steps > MAX_STEPS || ++this.#all > MAX_ALL_STEPS) return UNKNOWN;
    this.#active.add(node);
    try {
      return this.#expression(node, module, frame);
    } finally {
      this.#active.delete(node);
    }
  }

  #expression(node: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const at = (): Place => ({ file: module.file, line: node.loc.start.line });
    const value = (property: string) => this.#value(child(node, property), module, frame);
    if (isFunction(node)) return { kind: 'function', node, module, frame };
    switch (node.type) {
      case 'StringLiteral':
      case 'NumericLiteral':
        return { kind: 'text', text: String(node['value']), at: at() };
      case 'TemplateLiteral':
        return { kind: 'joined', parts: this.#template(node, module, frame, at()) };
      case 'BinaryExpression':
        return node['operator'] === '+' ? { kind: 'joined', parts: [value('left'), value('right')] } : UNKNOWN;
      case 'LogicalExpression':
        return node['operator'] === '&&' ? value('right') : choice([value('left'), value('right')], true);
      case 'ConditionalExpression':
        return this.#conditional(node, module, frame);
      case 'AwaitExpression':
      case 'UnaryExpression':
      case 'ParenthesizedExpression':
        return node['operator'] === '!' || node['operator'] === 'typeof' ? UNKNOWN : value('argument');
      case 'TSAsExpression':
      case 'TSSatisfiesExpression':
      case 'TSNonNullExpression':
      case 'TSTypeAssertion':
      case 'TSInstantiationExpression':
        return value('expression');
      case 'AssignmentExpression':
        return value('right');
      case 'SequenceExpression':
        return this.#value(children(node, 'expressions').at(-1), module, frame);
      case 'ObjectExpression':
        return { kind: 'object', node, module, frame };
      case 'ArrayExpression':
        return { kind: 'array', node, module, frame };
      case 'ClassDeclaration':
      case 'ClassExpression':
        return { kind: 'class', node, module, frame };
      case 'Identifier':
        return this.#name(String(node['name']), node, module, frame);
      case 'MemberExpression':
      case 'OptionalMemberExpression':
        return this.#member(node, module, frame);
      case 'CallExpression':
      case 'OptionalCallExpression':
        return this.#call(node, module, frame);
      case 'NewExpression':
        return this.#new(node, module, frame);
      default:
        return UNKNOWN;
    }
  }

  #template(node: SyntaxNode, module: Module, frame: Frame | undefined, at: Place): Value[] {
    const expressions = children(node, 'expressions');
    return children(node, 'quasis').flatMap((quasi, index) => {
      const text: Value[] = cooked(quasi) === '' ? [] : [{ kind: 'text', text: cooked(quasi), at }];
      const next = expressions[index];
      return next === undefined ? text : [...text, this.#value(next, module, frame)];
    });
  }

  /** NODE_ENV is not set, which decides the most usual condition. */
  #conditional(node: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const [yes, no] = [child(node, 'consequent'), child(node, 'alternate')].map((one) =>
      this.#value(one, module, frame),
    );
    const test = child(node, 'test');
    const mode = /NODE_ENV/.test(this.#text(test, module));
    const equal = test?.type === 'BinaryExpression' ? /^={2,3}$/.test(String(test['operator'])) : false;
    const different = test?.type === 'BinaryExpression' && /^!={1,2}$/.test(String(test['operator']));
    if (mode && (equal || different)) return choice(equal ? [no ?? UNKNOWN] : [yes ?? UNKNOWN], true);
    return choice([yes ?? UNKNOWN, no ?? UNKNOWN], this.#value(test, module, frame).kind === 'read');
  }

  #text(node: SyntaxNode | undefined, module: Module): string {
    return node === undefined ? '' : (this.program.sources.text(module.file) ?? '').slice(node.start, node.end);
  }

  #name(name: string, use: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const binding = bindingAt(module, name, use);
    if (binding === undefined)
      return name === 'process' ? { kind: 'package', name: 'process', path: [], called: false } : UNKNOWN;
    const declared = this.#binding(binding, module, frame);
    const later = module.assigned.get(name)?.map((node) => this.#value(node, module, frame)) ?? [];
    return later.length === 0 ? declared : choice([declared, ...later], false);
  }

  #binding({ source }: Binding, module: Module, frame: Frame | undefined): Value {
    switch (source.kind) {
      case 'import':
        return this.#imported(module, source.from, source.name);
      case 'definition':
        return this.#value(source.node, module, frame);
      case 'value':
        return this.#within(
          this.#value(source.node, module, frame),
          source.node,
          source.path,
          source.fallback,
          module,
          frame,
        );
      case 'parameter': {
        const value = this.#argument(source.of, source.index, module, frame);
        return this.#within(value, source.of, source.path, source.fallback, module, frame);
      }
      case 'opaque':
        return UNKNOWN;
    }
  }

  #within(
    value: Value,
    use: SyntaxNode,
    path: readonly string[],
    fallback: SyntaxNode | undefined,
    module: Module,
    frame: Frame | undefined,
  ): Value {
    const inner = path.reduce((holder, name) => this.#property(holder, name, use, module), value);
    return fallback === undefined ? inner : choice([inner, this.#value(fallback, module, frame)], true);
  }

  /** A parameter: what the call at hand gives, else what any call of the function in the app gives. */
  #argument(of: SyntaxNode, index: number, module: Module, frame: Frame | undefined): Value {
    for (let at = frame; at !== undefined; at = at.outer) if (at.node === of) return at.arguments[index]?.() ?? UNKNOWN;
    const own = module.functions.get(of);
    const names = new Set([
      ...(own === undefined ? [] : [own]),
      ...(isDefault(of, own, module) ? this.program.namesOfDefault(module) : []),
    ]);
    const calls = [...names].flatMap((name) => this.program.callsOf(name)).slice(0, 20);
    return choice(
      calls.map((call) => this.#value(children(call.place.node, 'arguments')[index], call.module, undefined)),
      false,
    );
  }

  #imported(module: Module, from: string, name: string): Value {
    const file = this.program.resolve(module.file, from);
    if (file === undefined) {
      const path = name === 'default' || name === '*' ? [] : [name];
      return this.#ofPackage({ kind: 'package', name: from.replace(/^node:/, ''), path, called: false });
    }
    const whole = this.#file(file);
    return name === '*' ? whole : this.#property(whole, name);
  }

  #file(file: string): Value {
    if (file.endsWith('.json')) return { kind: 'json', json: parseJson(this.program.sources.text(file)), file };
    const module = this.program.module(file);
    return module === undefined ? UNKNOWN : { kind: 'exports', module };
  }

  #member(node: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const object = child(node, 'object');
    const name = memberName(node);
    if (name === undefined) {
      const keys = texts(this.#value(child(node, 'property'), module, frame)).flatMap(([first, ...rest]) =>
        first?.kind === 'text' && rest.length === 0 ? [first.text] : [],
      );
      const holder = keys.length === 0 ? UNKNOWN : this.#value(object, module, frame);
      return choice(
        keys.map((key) => this.#property(holder, key, node, module)),
        false,
      );
    }
    const way = pathOf(node);
    const own = object?.type === 'ThisExpression';
    const assigned = way === undefined || own ? [] : (module.assigned.get(way.join('.')) ?? []);
    const later = assigned.map((one) => this.#value(one, module, frame));
    const holder = own ? classAround(module, node, frame) : this.#value(object, module, frame);
    const found = this.#property(holder, name, node, module);
    return later.length === 0 ? found : choice([...later, found], false);
  }

  #property(holder: Value, name: string, use?: SyntaxNode, user?: Module): Value {
    if (++this.#steps > MAX_STEPS) return UNKNOWN;
    switch (holder.kind) {
      case 'env':
        if (VALIDATED.has(name)) return holder;
        return NAME.test(name)
          ? { kind: 'read', name, at: { file: user?.file ?? '', line: use?.loc.start.line ?? 1 } }
          : UNKNOWN;
      case 'choice':
        return choice(
          holder.options.map((option) => this.#property(option, name, use, user)),
          holder.ordered,
        );
      case 'package':
        return this.#ofPackage({ ...holder, path: name === 'default' ? holder.path : [...holder.path, name] });
      case 'json':
        return ofJson(holder.json, name, holder.file);
      case 'exports':
        return this.#exported(holder.module, name, new Set());
      case 'object':
        return this.#ofObject(holder, name, use, user);
      case 'instance':
      case 'class':
        return this.#ofClass(holder, name);
      case 'array': {
        const element = children(holder.node, 'elements')[Number(name)];
        return this.#value(element, holder.module, holder.frame);
      }
      default:
        return UNKNOWN;
    }
  }

  #ofPackage(value: Extract<Value, { kind: 'package' }>): Value {
    const [first] = value.path;
    if (value.name === 'process' && first === 'env') return { kind: 'env' };
    if (value.name === 'process' && (first === 'argv' || value.path.length > 1)) return UNKNOWN;
    return value;
  }

  #exported(module: Module, name: string, seen: Set<Module>): Value {
    if (seen.has(module) || seen.size > 20) return UNKNOWN;
    seen.add(module);
    const found = module.exports.get(name);
    if (found !== undefined) {
      if ('node' in found) return this.#value(found.node, module, undefined);
      if ('local' in found) return this.#name(found.local, module.root, module, undefined);
      return this.#imported(module, found.from, found.name);
    }
    for (const from of module.passedOn) {
      const file = this.program.resolve(module.file, from);
      const other = file === undefined ? undefined : this.program.module(file);
      const value = other === undefined ? UNKNOWN : this.#exported(other, name, seen);
      if (value.kind !== 'unknown') return value;
    }
    const whole = choice(
      module.whole.map((node) => this.#value(node, module, undefined)),
      false,
    );
    return name === 'default' ? whole : this.#property(whole, name);
  }

  #ofObject(holder: Held<'object'>, name: string, use: SyntaxNode | undefined, user: Module | undefined): Value {
    // Later ones win.
    for (const property of children(holder.node, 'properties').toReversed()) {
      if (property.type === 'SpreadElement') {
        const value = this.#property(
          this.#value(child(property, 'argument'), holder.module, holder.frame),
          name,
          use,
          user,
        );
        if (value.kind !== 'unknown') return value;
      } else if (
        property['computed'] !== true &&
        (nameOf(child(property, 'key')) ?? textOf(child(property, 'key'))) === name
      ) {
        if (property.type !== 'ObjectMethod') return this.#value(child(property, 'value'), holder.module, holder.frame);
        const method: Value = { kind: 'function', node: property, module: holder.module, frame: holder.frame };
        return property['kind'] === 'get' ? this.#result(method, []) : method;
      }
    }
    return UNKNOWN;
  }

  #ofClass({ node, module }: Held<'instance'> | Held<'class'>, name: string): Value {
    const members = children(child(node, 'body') ?? node, 'body').filter(
      (member) => (nameOf(child(member, 'key')) ?? nameOf(child(child(member, 'key') ?? member, 'id'))) === name,
    );
    const values = members.map((member): Value => {
      if (!isFunction(member)) return this.#value(child(member, 'value'), module, undefined);
      const method: Value = { kind: 'function', node: member, module, frame: undefined };
      return member['kind'] === 'get' ? this.#result(method, []) : method;
    });
    const assigned = (module.assigned.get(`this.${name}`) ?? [])
      .filter((right) => right.start >= node.start && right.end <= node.end)
      .map((right) => this.#value(right, module, undefined));
    return choice([...assigned, ...values], false);
  }

  #call(node: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const callee = child(node, 'callee');
    const required = requiredBy(node);
    if (required !== undefined) return this.#required(module, required);
    const given = children(node, 'arguments');
    const argument = (index: number) => this.#value(given[index], module, frame);
    const way = pathOf(callee)?.join('.') ?? '';
    const name = callee && isMember(callee) ? memberName(callee) : nameOf(callee);
    if (CONVERSIONS.has(way) || (name !== undefined && CONVERSIONS.has(name))) return argument(0);
    if (way === 'Buffer.from')
      return textOf(given[1]) === 'base64' ? { kind: 'decoded', from: 'base64', value: argument(0) } : argument(0);
    if (way === 'Object.assign')
      return choice(
        given.map((_, index) => argument(index)),
        false,
      );
    if (callee && isMember(callee) && isSettings(pathOf(child(callee, 'object'))) && GETTER.test(name ?? ''))
      return this.#method(callee, name, given, module, frame, node);
    const target = this.#value(callee, module, frame);
    if (target.kind === 'function')
      return this.#result(
        target,
        given.map((one) => () => this.#value(one, module, frame)),
      );
    if (name !== undefined && (VALIDATORS.test(name) || target.kind === 'package')) {
      const values = given.map((_, index) => argument(index));
      if (values.some((one) => this.#holdsEnv(one))) return { kind: 'env' };
    }
    if (target.kind === 'package') return { ...target, called: true };
    if (callee && isMember(callee)) return this.#method(callee, name, given, module, frame, node);
    const [first] = given;
    return first !== undefined && CONSTANT.test(textOf(first) ?? '') && /env|config|setting|require/i.test(name ?? '')
      ? this.#property({ kind: 'env' }, textOf(first) ?? '', node, module)
      : UNKNOWN;
  }

  /** `process.env`, or options with it: `{ runtimeEnv: process.env }`. */
  #holdsEnv(value: Value): boolean {
    if (value.kind === 'env') return true;
    return (
      value.kind === 'object' &&
      children(value.node, 'properties').some((property) => {
        const inner = property.type === 'SpreadElement' ? child(property, 'argument') : child(property, 'value');
        return inner !== undefined && (inner.type === 'MemberExpression' || inner.type === 'Identifier')
          ? this.#value(inner, value.module, value.frame).kind === 'env'
          : false;
      })
    );
  }

  #method(
    callee: SyntaxNode,
    name: string | undefined,
    given: readonly SyntaxNode[],
    module: Module,
    frame: Frame | undefined,
    node: SyntaxNode,
  ): Value {
    const object = child(callee, 'object');
    const holder = this.#value(object, module, frame);
    const key = textOf(given[0]);
    // Settings by name: config.get('DATABASE_URL'), config.getOrThrow('database.host'), env.get('PORT').
    if (key !== undefined && GETTER.test(name ?? '')) {
      const found = this.#setting(key, holder, object, module, node);
      const fallback = this.#value(given[1], module, frame);
      return texts(fallback).some((atoms) => atoms[0]?.kind === 'text') ? choice([found, fallback], true) : found;
    }
    // What a text is made into is still that text: `.trim()`, `.replace(…)`.
    if (holder.kind !== 'package') return holder.kind === 'function' || holder.kind === 'exports' ? UNKNOWN : holder;
    return UNKNOWN;
  }

  #setting(key: string, holder: Value, object: SyntaxNode | undefined, module: Module, node: SyntaxNode): Value {
    if (holder.kind === 'env' || isSettings(pathOf(object))) {
      if (CONSTANT.test(key) || holder.kind === 'env') return this.#property({ kind: 'env' }, key, node, module);
    }
    const byPath = isSettings(pathOf(object)) ? this.#byPath(key.split('.')) : UNKNOWN;
    if (byPath.kind !== 'unknown') return byPath;
    // app.set('port', …) gives what app.get('port') takes.
    const set = module.calls.filter(
      ({ node: call }) => nameOf(child(call, 'callee')) === 'set' && textOf(children(call, 'arguments')[0]) === key,
    );
    return choice(
      set.slice(0, 5).map(({ node: call }) => this.#value(children(call, 'arguments')[1], module, undefined)),
      false,
    );
  }

  /** `config.get('database.host')` of Nest and of the package config: what the app's settings have at that path. */
  #byPath(path: readonly string[]): Value {
    const at = (value: Value, way: readonly string[]) =>
      way.reduce((holder, name) => this.#property(holder, name), value);
    const made = (value: Value) => (value.kind === 'function' ? this.#result(value, []) : value);
    const [head, ...rest] = path;
    for (const { place, module } of this.program.callsOf('registerAs')) {
      const [name, make] = children(place.node, 'arguments');
      if (textOf(name) === head) return at(made(this.#value(make, module, undefined)), rest);
    }
    const folder = this.program.folder === '' ? 'config' : `${this.program.folder}/config`;
    const [named, value] = ['custom-environment-variables', 'default'].map((name) => {
      const [atoms] = texts(at(this.#file(`${folder}/${name}.json`), path));
      return atoms?.[0];
    });
    if (named?.kind === 'text' || value?.kind === 'text') {
      const read: Value = named?.kind === 'text' ? { kind: 'read', name: named.text, at: named.at } : UNKNOWN;
      return choice([read, value ?? UNKNOWN], true);
    }
    const modules = this.program.modules.filter(({ file }) => /config/i.test(file)).slice(0, 20);
    const found = modules.map((module) => at(made(this.#property({ kind: 'exports', module }, 'default')), path));
    return choice(found, false);
  }

  #required(module: Module, specifier: string): Value {
    const file = this.program.resolve(module.file, specifier);
    if (file === undefined) return this.#imported(module, specifier, '*');
    const whole = this.#file(file);
    if (whole.kind !== 'exports' || whole.module.whole.length === 0) return whole;
    const { module: other } = whole;
    const value = choice(
      other.whole.map((node) => this.#value(node, other, undefined)),
      false,
    );
    return value.kind === 'unknown' || (value.kind !== 'object' && other.exports.size > 0) ? whole : value;
  }

  #new(node: SyntaxNode, module: Module, frame: Frame | undefined): Value {
    const target = this.#value(child(node, 'callee'), module, frame);
    if (target.kind === 'class') return { ...target, kind: 'instance' } satisfies Held<'instance'>;
    if (target.kind === 'package') return { ...target, called: true };
    const [first] = children(node, 'arguments');
    return nameOf(child(node, 'callee')) === 'URL' ? this.#value(first, module, frame) : UNKNOWN;
  }

  /** What a function of the submission returns. */
  #result({ node, module, frame }: Held<'function'>, given: readonly (() => Value)[]): Value {
    const inner: Frame = { node, arguments: given, outer: frame };
    const body = child(node, 'body');
    if (body === undefined) return UNKNOWN;
    if (body.type !== 'BlockStatement') return this.#value(body, module, inner);
    return choice(
      returns(body).map((one) => this.#value(one, module, inner)),
      false,
    );
  }
}

/** Whether an object holds settings, by its name. */
function isSettings(way: readonly string[] | undefined): boolean {
  return /^(config|configService|env|settings|nconf)$/i.test(way?.at(-1) ?? '');
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '') as unknown;
  } catch {
    return undefined;
  }
}

function ofJson(json: unknown, name: string, file: string): Value {
  if (typeof json !== 'object' || json === null || !Object.hasOwn(json, name))
    return name === 'default' ? { kind: 'json', json, file } : UNKNOWN;
  return { kind: 'json', json: (json as Record<string, unknown>)[name], file };
}

import { child, children, nameOf, type SyntaxNode, type Visit } from '../../platform/syntax.ts';
import type { Flow } from './flow.ts';
import { isMember, memberName, pathOf, textOf, type Module } from './module.ts';
import { isConstant } from './settings.ts';
import { readsOf } from './value.ts';

/** One place where the source reads a variable. */
export interface Read {
  name: string;
  file: string;
  line: number;
  /** The literal that is taken when it is not set. */
  fallback: string | undefined;
  /** It is only looked at, or something else takes its place: the app does without. */
  optional: boolean;
  /** The name that the source gives to it: `port` in `{ port: process.env.P }`. */
  alias: string | undefined;
}

const VALIDATION =
  /^(zod|joi|@hapi\/joi|yup|envalid|valibot|superstruct|@sinclair\/typebox|env-schema|@fastify\/env|znv|@t3-oss\/env-core|convict|envsafe|class-validator)(\/|$)/;

/** Every read of an environment variable in the code. */
export function findReads(flow: Flow): Read[] {
  return flow.program.modules.flatMap((module) => [
    ...module.accesses.flatMap((place) =>
      isMember(place.node) ? member(place, module, flow) : pattern(place, module, flow),
    ),
    ...module.calls.flatMap((place) => byName(place, module, flow)),
    ...listed(module, flow),
    ...schema(module),
  ]);
}

function member(place: Visit, module: Module, flow: Flow): Read[] {
  const { node } = place;
  const name = memberName(node);
  const holder = pathOf(child(node, 'object'));
  const likely = holder?.at(-1) === 'env' || (name !== undefined && isConstant(name));
  if (!likely || (place.parent?.node.type === 'AssignmentExpression' && place.key === 'left')) return [];
  const value = flow.evaluate(node, module);
  return value.kind === 'read' ? [read(value.name, place, module, flow)] : [];
}

/** `const { PORT = 3000 } = process.env`, also as a parameter. */
function pattern(place: Visit, module: Module, flow: Flow): Read[] {
  return children(place.node, 'properties').flatMap((property) => {
    const key = property['computed'] === true ? undefined : nameOf(child(property, 'key'));
    const target = child(property, 'value');
    const name = target?.type === 'AssignmentPattern' ? child(target, 'left') : target;
    if (key === undefined || name?.type !== 'Identifier') return [];
    const init = place.parent?.node.type === 'VariableDeclarator' ? child(place.parent.node, 'init') : undefined;
    if (!isConstant(key) && pathOf(init)?.at(-1) !== 'env') return [];
    const reads = readsOf(flow.evaluate(name, module)).filter((one) => one.name === key);
    const fallback = target?.type === 'AssignmentPattern' ? child(target, 'right') : undefined;
    return reads.slice(0, 1).map(() => ({
      name: key,
      file: module.file,
      line: property.loc.start.line,
      fallback: literal(fallback, module, flow),
      optional: fallback !== undefined,
      alias: nameOf(name),
    }));
  });
}

/** `config.get('DATABASE_URL')`, `env('PORT', '3000')` and the app's own `required('JWT_SECRET')`. */
function byName(place: Visit, module: Module, flow: Flow): Read[] {
  const given = children(place.node, 'arguments');
  const key = given.findIndex((one) => isConstant(textOf(one) ?? ''));
  if (key === -1) return [];
  const name = textOf(given[key]);
  const found = readsOf(flow.evaluate(place.node, module)).some((one) => one.name === name);
  if (!found || name === undefined) return [];
  const fallback = textOf(given[key + 1]);
  const outer = read(name, place, module, flow);
  return [fallback === undefined ? outer : { ...outer, fallback, optional: true }];
}

/** Names in a list of a file that reads `process.env[name]`. */
function listed(module: Module, flow: Flow): Read[] {
  const text = flow.program.sources.text(module.file) ?? '';
  if (!/\benv\s*\[\s*[A-Za-z_$]/.test(text)) return [];
  return [...text.matchAll(/['"`]([A-Z][A-Z0-9_]{2,60})['"`]\s*[,\]]/g)].map((match) => ({
    name: match[1] ?? '',
    file: module.file,
    line: text.slice(0, match.index).split('\n').length,
    fallback: undefined,
    optional: true,
    alias: undefined,
  }));
}

/** The names in a schema that checks the environment: `z.object({ PORT: z.coerce.number().default(3000) })`. */
function schema(module: Module): Read[] {
  const imports = [...module.bindings.values()].flat().some(({ source }) => {
    const from = source.kind === 'import' ? source.from : source.kind === 'value' ? requireOf(source.node) : '';
    return VALIDATION.test(from);
  });
  if (!imports) return [];
  return module.objects.flatMap(({ node }) =>
    children(node, 'properties').flatMap((property) => {
      const name = nameOf(child(property, 'key'));
      const value = child(property, 'value');
      const isRule =
        value !== undefined && ['CallExpression', 'ObjectExpression', 'MemberExpression'].includes(value.type);
      if (!isRule || name === undefined || !isConstant(name) || value.type === 'MemberExpression') return [];
      const fallback = schemaDefault(value);
      return [
        {
          name,
          file: module.file,
          line: property.loc.start.line,
          fallback: fallback.text,
          optional: fallback.optional,
          alias: undefined,
        },
      ];
    }),
  );
}

function requireOf(node: SyntaxNode): string {
  return nameOf(child(node, 'callee')) === 'require' ? (textOf(children(node, 'arguments')[0]) ?? '') : '';
}

/** `.default(3000)`, `.optional()` in a chain, and `{ default: 3000 }`. */
function schemaDefault(rule: SyntaxNode): { text: string | undefined; optional: boolean } {
  for (
    let at: SyntaxNode | undefined = rule;
    at?.type === 'CallExpression';
    at = child(child(at, 'callee') ?? at, 'object')
  ) {
    const callee = child(at, 'callee');
    const [first] = children(at, 'arguments');
    const name = callee && isMember(callee) ? memberName(callee) : undefined;
    if (name === 'default' || name === 'catch') return { text: textOf(first), optional: true };
    if (name === 'optional' || name === 'nullish') return { text: undefined, optional: true };
    const inner = first?.type === 'ObjectExpression' ? defaultIn(first) : undefined;
    if (inner !== undefined) return { text: textOf(inner), optional: true };
  }
  const inner = rule.type === 'ObjectExpression' ? defaultIn(rule) : undefined;
  return { text: textOf(inner), optional: inner !== undefined };
}

function defaultIn(object: SyntaxNode): SyntaxNode | undefined {
  const property = children(object, 'properties').find((one) =>
    /^(default|devDefault)$/.test(nameOf(child(one, 'key')) ?? ''),
  );
  return property && child(property, 'value');
}

function read(name: string, place: Visit, module: Module, flow: Flow): Read {
  let at = place;
  let fallback: SyntaxNode | undefined;
  let optional = false;
  for (; at.parent !== undefined; at = at.parent) {
    const { node } = at.parent;
    if (node.type === 'LogicalExpression' && node['operator'] !== '&&' && at.key === 'left') {
      fallback ??= child(node, 'right');
      optional = true;
    } else if (at.key === 'test' && node.type === 'IfStatement' && endsIt(child(node, 'consequent'), module, flow)) {
      break;
    } else if (
      at.key === 'test' ||
      (node.type === 'BinaryExpression' && node['operator'] !== '+') ||
      node.type === 'LogicalExpression'
    ) {
      optional = true;
    } else if (!PASSES_ON.has(node.type)) break;
  }
  const holder = at.parent?.node;
  return {
    name,
    file: module.file,
    line: place.node.loc.start.line,
    fallback: literal(fallback, module, flow),
    optional,
    alias:
      holder === undefined
        ? undefined
        : (nameOf(child(holder, 'id')) ?? nameOf(child(holder, 'key')) ?? nameOf(child(holder, 'left'))),
  };
}

/** `if (!process.env.X) throw …`: it does not do without. */
function endsIt(consequence: SyntaxNode | undefined, module: Module, flow: Flow): boolean {
  if (consequence === undefined) return false;
  const text = (flow.program.sources.text(module.file) ?? '').slice(consequence.start, consequence.end);
  return /\bthrow\b|process\.exit/.test(text);
}

/** A value goes through these as it is, or as a reading of it. */
const PASSES_ON = new Set([
  'CallExpression',
  'UnaryExpression',
  'TSAsExpression',
  'TSNonNullExpression',
  'TSSatisfiesExpression',
  'MemberExpression',
  'AwaitExpression',
  'BinaryExpression',
]);

function literal(node: SyntaxNode | undefined, module: Module, flow: Flow): string | undefined {
  if (node === undefined) return undefined;
  const value = flow.evaluate(node, module);
  return value.kind === 'text' ? value.text : undefined;
}

import { child, children, nameOf, type SyntaxNode } from '../../../platform/syntax.ts';
import type { Scope } from './scope.ts';
import { named, UNKNOWN, type Interpreter, type Obj, type Value } from './value.ts';

/** Notes what the `export` statements of a module give; each is looked up when it is asked for. */
export function exportsOf(body: readonly SyntaxNode[], exports: Obj, scope: Scope, interpreter: Interpreter): void {
  for (const node of body) {
    if (node.type === 'ExportDefaultDeclaration') exportDefault(node, exports, scope, interpreter);
    else if (node.type === 'TSExportAssignment') {
      const expression = child(node, 'expression');
      if (expression !== undefined)
        exports.properties.set(
          'default',
          once(() => interpreter.evaluate(expression, scope)),
        );
    } else if (node.type === 'ExportNamedDeclaration') exportNamed(node, exports, scope, interpreter);
    else if (node.type === 'ExportAllDeclaration') {
      const all = interpreter.require(String(child(node, 'source')?.['value']), scope.frame.file);
      if (all.kind === 'object')
        for (const [name, value] of all.properties) if (name !== 'default') exports.properties.set(name, value);
    }
  }
}

function exportDefault(node: SyntaxNode, exports: Obj, scope: Scope, interpreter: Interpreter): void {
  const declaration = child(node, 'declaration');
  const id = declaration === undefined ? undefined : nameOf(child(declaration, 'id'));
  if (declaration === undefined) return;
  const value =
    id === undefined ? () => evaluated(declaration, scope, interpreter) : () => scope.lookup(id) ?? named(id);
  exports.properties.set('default', id === undefined ? once(value) : value);
}

/** An expression; or a function or class without a name, which reads the same as one. */
function evaluated(node: SyntaxNode, scope: Scope, interpreter: Interpreter): Value {
  const types: Record<string, string> = {
    FunctionDeclaration: 'FunctionExpression',
    ClassDeclaration: 'ClassExpression',
  };
  return interpreter.evaluate({ ...node, type: types[node.type] ?? node.type }, scope);
}

function exportNamed(node: SyntaxNode, exports: Obj, scope: Scope, interpreter: Interpreter): void {
  const source = child(node, 'source');
  for (const entry of children(node, 'specifiers')) {
    const [local, exported] = [nameOf(child(entry, 'local')), nameOf(child(entry, 'exported'))];
    if (exported === undefined) continue;
    const from = () => interpreter.require(String(source?.['value']), scope.frame.file);
    exports.properties.set(exported, () => {
      if (source === undefined) return scope.lookup(local ?? '') ?? UNKNOWN;
      return entry.type === 'ExportNamespaceSpecifier' ? from() : interpreter.member(from(), local ?? 'default');
    });
  }
  const declaration = child(node, 'declaration');
  for (const name of declaration === undefined ? [] : declaredNames(declaration))
    exports.properties.set(name, () => scope.lookup(name) ?? UNKNOWN);
}

function declaredNames(node: SyntaxNode): string[] {
  if (node.type !== 'VariableDeclaration') return [nameOf(child(node, 'id')) ?? []].flat();
  return children(node, 'declarations').flatMap((declarator) => boundNames(child(declarator, 'id')));
}

function boundNames(pattern: SyntaxNode | undefined): string[] {
  if (pattern?.type === 'Identifier') return [String(pattern['name'])];
  if (pattern?.type !== 'ObjectPattern') return [];
  return children(pattern, 'properties').flatMap((entry) => boundNames(child(entry, 'value')));
}

/** `export default createApp()` makes one app, however often it is imported; it is made at the first use. */
function once(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => {
    if (made === undefined) {
      made = UNKNOWN;
      made = make();
    }
    return made;
  };
}

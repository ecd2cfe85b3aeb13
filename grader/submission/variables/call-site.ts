import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';
import type { Flow } from './flow.ts';
import { isMember, memberName, pathOf, type Module } from './module.ts';
import type { Place, Value } from './value.ts';

/** A call or `new`, with what is known of the function called. */
export interface CallSite {
  /** Its last name: `connect` in `mongoose.connect(…)`; empty for one without a name. */
  name: string;
  /** All of its names: `mongoose.connect`. */
  way: string;
  /** The package that it comes from, and its names there; undefined when it does not, or nobody knows. */
  package: { name: string; path: readonly string[]; called: boolean } | undefined;
  isNew: boolean;
  given: readonly SyntaxNode[];
  node: SyntaxNode;
  module: Module;
  at: Place;
  /** The value of an argument. */
  argument(index: number): Value;
}

/** All calls of an app. */
export function callSites(flow: Flow): CallSite[] {
  return flow.program.modules.flatMap((module) => module.calls.map(({ node }) => callSite(node, module, flow)));
}

function callSite(node: SyntaxNode, module: Module, flow: Flow): CallSite {
  const callee = child(node, 'callee');
  const given = children(node, 'arguments');
  const target = flow.evaluate(callee, module);
  return {
    name: (callee && isMember(callee) ? memberName(callee) : nameOf(callee)) ?? '',
    way: pathOf(callee)?.join('.') ?? '',
    package: target.kind === 'package' ? target : undefined,
    isNew: node.type === 'NewExpression',
    given,
    node,
    module,
    at: { file: module.file, line: node.loc.start.line },
    argument: (index) => flow.evaluate(given[index], module),
  };
}

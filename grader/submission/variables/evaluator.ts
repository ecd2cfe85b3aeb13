import type { SyntaxNode } from '../../platform/syntax.ts';
import type { Module } from './module.ts';
import type { Program } from './program.ts';
import type { Frame, Value } from './value.ts';

/** What each kind of expression asks about those that it is made of. Every answer counts as a step of the question. */
export interface Evaluator {
  readonly program: Program;
  /** What an expression may be; unknown where it can't be told, comes back to itself, or takes too many steps. */
  value(node: SyntaxNode | undefined, module: Module, frame: Frame | undefined): Value;
  /** The value of a property. @param use where it is asked for, in `user`: the place of a variable's read */
  property(holder: Value, name: string, use?: SyntaxNode, user?: Module): Value;
}

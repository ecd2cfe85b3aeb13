import { z } from 'zod';
import { fill, type Variables } from '../target/template.ts';
import type { Values } from '../target/values.ts';
import { RE2JS } from 're2js';
import { isOperators, operatorNamed, regexProblem } from './matcher-operators.ts';
import type { Matcher } from './matcher.ts';

/** A matcher as a parameter of a check: unknown operators and broken operands are issues with their path. */
export const matcherSchema = z
  .unknown()
  .superRefine((matcher, context) => {
    for (const { path, message } of matcherProblems(matcher)) context.addIssue({ code: 'custom', path, message });
  })
  .meta({
    description: 'A value that must be equal, an object whose keys must match, or operators such as { $type: id }',
  });

/** What is wrong with a matcher in a rubric, and where in it. */
function matcherProblems(
  matcher: unknown,
  path: (string | number)[] = [],
): { path: (string | number)[]; message: string }[] {
  if (matcher === null || typeof matcher !== 'object') return [];
  if (Array.isArray(matcher)) return matcher.flatMap((item, i) => matcherProblems(item, [...path, i]));
  const keys = Object.keys(matcher);
  if (!isOperators(matcher)) {
    const operator = keys.find((key) => key.startsWith('$'));
    if (operator !== undefined)
      return [
        { path: [...path, operator], message: `${operator} can't stand beside plain keys; use $all to combine them` },
      ];
    return keys.flatMap((key) => matcherProblems((matcher as Record<string, unknown>)[key], [...path, key]));
  }
  return keys.flatMap((name) => operatorProblems(name, matcher[name], [...path, name]));
}

function operatorProblems(
  name: string,
  operand: unknown,
  path: (string | number)[],
): { path: (string | number)[]; message: string }[] {
  const operator = operatorNamed(name);
  if (!operator) return [{ path, message: `unknown operator ${name}` }];
  if (operator.takes === 'matcher') return matcherProblems(operand, path);
  if (operator.takes === 'matchers') {
    return Array.isArray(operand) && operand.length > 0
      ? matcherProblems(operand, path)
      : [{ path, message: `${name} is a list of matchers` }];
  }
  // A template stands for data that is not known before the run.
  if (typeof operand === 'string' && operand.includes('{{')) return [];
  const message = operator.takes === 'regex' ? regexProblem(operand) : operator.problem?.(operand);
  return message === undefined ? [] : [{ path, message }];
}

/**
 * Fills the templates of a matcher. What they stand for is data, whatever it looks like: an answer that
 * has `{"$exists": true}` for an id does not become an operator, and a text in a regular expression is quoted.
 *
 * @throws {TemplateError} where a template names nothing that is known
 */
export function fillMatcher(matcher: Matcher, variables: Variables, values: Values): Matcher {
  if (typeof matcher === 'string') return asData(fill<unknown>(matcher, variables, values));
  if (Array.isArray(matcher)) return matcher.map((item) => fillMatcher(item, variables, values));
  if (matcher === null || typeof matcher !== 'object') return matcher;
  if (!isOperators(matcher)) return mapValues(matcher, (item) => fillMatcher(item, variables, values));
  return mapValues(matcher, (operand, name) => {
    const takes = operatorNamed(name)?.takes;
    if (takes === 'regex') return fillRegex(String(operand), variables, values);
    return takes === 'data' ? fill(operand, variables, values) : fillMatcher(operand, variables, values);
  });
}

function asData(value: unknown): Matcher {
  return value !== null && typeof value === 'object' ? { $equals: value } : value;
}

function fillRegex(pattern: string, variables: Variables, values: Values): string {
  return pattern.replaceAll(/\{\{[^{}]*\}\}/g, (template) =>
    RE2JS.quote(fill<string>(` ${template}`, variables, values).slice(1)),
  );
}

function mapValues(object: object, change: (value: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

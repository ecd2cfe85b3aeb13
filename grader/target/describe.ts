import type { Assumption, BindingFacts } from '../report/schema.ts';
import { BEARER, type Binding, type BoundOperation } from './binding.ts';
import { type Contract, splitRequest } from './contract.ts';
import type { Doubt } from './doubts.ts';
import type { Places } from './places.ts';
import type { Added, Outside } from './shape.ts';

/** How one operation differs from the contract beside its place, in words; empty where it does not. */
export function differences({ takes, gives }: Pick<BoundOperation, 'takes' | 'gives'>): string[] {
  const said: string[] = [];
  if (gives && gives.envelope !== '') said.push(`the answer is in "${gives.envelope}"`);
  const names = { ...gives?.names, ...gives?.items };
  for (const [name, path] of Object.entries(names)) said.push(`"${name}" is "${path.replace(/^\^/, '')}"`);
  for (const [name, parts] of Object.entries(gives?.joins ?? {}))
    said.push(`"${name}" is ${parts.map((part) => `"${part}"`).join(' and ')}`);
  for (const [name, where] of Object.entries(gives?.outside ?? {}))
    said.push(`"${name}" comes in ${outsideInWords(where)}`);
  for (const [name, own] of Object.entries(takes?.names ?? {}))
    if (names[name] !== own) said.push(`"${name}" is sent as "${own}"`);
  for (const [name, added] of Object.entries(takes?.adds ?? {}))
    said.push(`"${name}" is sent as well (${addedInWords(added)})`);
  return said;
}

/** A binding for the report. @param rehearsed the doubts that made the app be tried */
export function bindingFacts(contract: Contract, binding: Binding, rehearsed: readonly Doubt[]): BindingFacts {
  const operations = Object.entries(contract).flatMap(([name, { request }]) => {
    const route = binding.routes[name];
    if (route === undefined) return [];
    const at = route.at === undefined ? {} : { at: route.at };
    const from = route.from ?? 'contract';
    return [
      [
        name,
        { request: `${route.method} ${route.path}`, contract: request, from, ...at, differences: differences(route) },
      ],
    ];
  });
  return {
    operations: Object.fromEntries(operations),
    token: binding.token,
    ...(binding.errorField === undefined ? {} : { errorField: binding.errorField }),
    rehearsed: [...new Set(rehearsed.map(({ because }) => because))],
  };
}

/** What the grader took for granted, for the report: nothing for an app that follows the contract to the letter. */
export function assumptionsOf(
  contract: Contract,
  binding: Binding,
  { missing }: Places,
  rehearsed: readonly Doubt[],
): Assumption[] {
  const assumptions: Assumption[] = [];
  const operations = Object.entries(binding.routes);
  const moved = operations.filter(
    ([name, { method, path }]) => contract[name] && `${method} ${path}` !== splitRequest(contract[name]).join(' '),
  );
  for (const [because, group] of groupBy(moved, ([, route]) => placeInWords(route)))
    assumptions.push({
      what: group.map(([name, { method, path }]) => `${name} is ${method} ${path}`).join(', '),
      because,
    });
  const seen = rehearsed.length > 0 ? 'so it was when the app was tried before it was graded' : 'so the source has it';
  for (const [what, group] of groupBy(
    operations.filter(([, route]) => differences(route).length > 0),
    ([, route]) => differences(route).join(', '),
  ))
    assumptions.push({ what: `${group.map(([name]) => name).join(', ')}: ${what}`, because: seen });
  const { header, prefix } = binding.token;
  if (header !== BEARER.header || prefix !== BEARER.prefix)
    assumptions.push({ what: `Tokens are sent as ${header}: ${prefix}<token>`, because: seen });
  if (binding.errorField !== undefined)
    assumptions.push({
      what: `Errors are read from "${binding.errorField}"`,
      because: 'the source makes no answer with "error"',
    });
  for (const { operation, near } of missing) {
    const route = binding.routes[operation];
    if (route === undefined || route.from !== 'contract') continue;
    const named = near.map(({ method, path, file, line }) => `${method} ${path} (${file}:${line})`).join(', ');
    assumptions.push({
      what: `${operation} is looked for at ${route.method} ${route.path}`,
      because: named === '' ? 'nothing else was found' : `nothing else was found; the nearest are ${named}`,
    });
  }
  return assumptions;
}

/** Who says where an operation is, in words. */
export function placeInWords({ from = 'contract', at }: Pick<BoundOperation, 'from' | 'at'>): string {
  const file = at?.replace(/:\d+$/, '');
  switch (from) {
    case 'grade.yaml':
      return 'grade.yaml says so';
    case 'openapi':
      return `${file ?? 'the OpenAPI description'} describes it`;
    case 'source':
      return `${file ?? 'the source'} has it`;
    case 'probed':
      return 'it answers there';
    case 'contract':
      return 'the contract has it';
  }
}

function outsideInWords(where: Outside): string {
  if (where.in === 'text') return 'a body of nothing else';
  return where.in === 'header' ? `the header ${where.name}` : `the cookie ${where.name}`;
}

function addedInWords(added: Added): string {
  if ('value' in added) return JSON.stringify(added.value);
  if ('copy' in added) return `the ${added.copy}`;
  return 'local' in added ? `of the ${added.local}` : `the ${added.word} word of the ${added.of}`;
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

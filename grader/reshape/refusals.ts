import { checks } from '../checks/index.ts';
import { inputsOf } from '../rubric/load.ts';
import type { Criterion, Rubric } from '../rubric/schema.ts';
import { contractOf } from '../rubric/contract.ts';
import { mayVary, type Variation } from '../target/contract.ts';
import { OTHER_NAMES } from './names.ts';
import { LITERAL, type Shape } from './shape.ts';

/** Parameters that are for people, and say nothing of what is asked for. */
const FOR_PEOPLE = new Set(['title', 'note', 'hint']);

/** A shape in which a solution has only what a rubric lets vary; what it does not is as the contract has it. */
export function allowed(rubric: Pick<Rubric, 'contract' | 'vary'>, shape: Shape): Shape {
  const operations = Object.values(contractOf(rubric));
  const may = (what: Variation) => operations.every((operation) => mayVary(operation, what));
  const keep: (keyof Shape)[] = [
    ...(operations.length > 0 && may('place') ? [] : (['prefix'] as const)),
    ...(operations.length > 0 && may('envelope') ? [] : (['envelope'] as const)),
    ...(operations.some(({ auth }) => auth) && may('token') ? [] : (['token', 'gives'] as const)),
    ...(operations.length > 0 && may('names') ? [] : (['names'] as const)),
  ];
  return { ...shape, ...Object.fromEntries(keep.map((dimension) => [dimension, LITERAL[dimension]])) };
}

/**
 * Whether a criterion is about the letter of what a shape changes: it spells the path, the header or the field out
 * itself, beside the contract. It is not asked of that shape then.
 */
export function isAbout(criterion: Criterion, rubric: Pick<Rubric, 'contract'>, shape: Shape): boolean {
  const texts = textsIn(criterion.with);
  const starts = [...new Set(Object.values(rubric.contract).map(({ request }) => request.split('/')[1] ?? ''))];
  const says = (pattern: RegExp) => texts.some((text) => pattern.test(text));
  return (
    (shape.prefix !== '' && starts.length > 0 && says(new RegExp(`(^|[^\\w])/(${starts.join('|')})\\b`))) ||
    (shape.token !== 'bearer' && says(/authorization|bearer/i)) ||
    (shape.names !== 'contract' && (readsBesideAnswers(criterion) || spellsFields(criterion.with)))
  );
}

/** Whether a check sees fields elsewhere than in requests and answers: in the database, in files, by a program. */
function readsBesideAnswers({ check, with: params }: Criterion): boolean {
  const known = checks.get(check);
  return known !== undefined && inputsOf(known, known.params.parse(params)).some((input) => input !== 'app');
}

const FIELD = new RegExp(`\\b(${Object.keys(OTHER_NAMES).join('|')})\\b`);

/** Whether a field's name stands where no client puts it into the app's: in a value, in raw text, in a thing in a list. */
function spellsFields(value: unknown, key = '', depth = 0): boolean {
  if (depth > 20) return false;
  if (typeof value === 'string') {
    const text = value.replaceAll(/\{\{[^}]*\}\}/g, '');
    return (key === 'raw' || key === 'sort' || key === 'field' || /^(\$.*)?$/.test(key)) && FIELD.test(text);
  }
  if (Array.isArray(value)) {
    const nested = key === 'items' || key === 'body' || key === 'steps' || key === 'with' || key === '';
    return value.some((item) => (!nested && hasField(item)) || spellsFields(item, '', depth + 1));
  }
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).some(
    ([name, held]) =>
      !FOR_PEOPLE.has(name) && (/^(details|errors|fields?)$/.test(name) || spellsFields(held, name, depth + 1)),
  );
}

function hasField(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).some((name) => Object.hasOwn(OTHER_NAMES, name))
  );
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, held]) => (FOR_PEOPLE.has(key) ? [] : [key, ...textsIn(held)]));
}

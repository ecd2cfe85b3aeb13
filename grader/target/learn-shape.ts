import { isFields } from './adapter.ts';
import { isOptional, typeOf } from './contract.ts';
import { likeness, NAME_PARTS } from './field-names.ts';
import type { Gives } from './shape.ts';
import { at } from './template.ts';

/** How deep an envelope may be. */
const MAX_DEPTH = 3;
/** Things of a list that are looked at. */
const MAX_ITEMS = 20;

/** What is known of an operation's answer before it is seen. */
export interface Wanted {
  /** Fields with their types; undefined for a list that the contract does not put into an object. */
  gives: Readonly<Record<string, string>> | undefined;
  /** The fields of each thing, where the answer is a list or has `items`. */
  items?: Readonly<Record<string, string>> | undefined;
  /** Such as `todo`: what the thing is called in this app, in the singular. */
  noun?: string | undefined;
  /** What was sent, under the contract's names: a value that comes back tells its field. */
  sent?: Readonly<Record<string, unknown>> | undefined;
}

/** What may be learnt: see Variation. */
export interface Freedom {
  envelope: boolean;
  names: boolean;
}

/** How the body of a good answer differs from the contract. Pure. */
export function learnShape(json: unknown, wanted: Wanted, freedom: Freedom): Gives {
  if (wanted.gives === undefined) return learnList(json, wanted, freedom);
  if (wanted.gives['items'] === 'array' && wanted.items !== undefined) return learnPage(json, wanted, freedom);
  return learnThing(json, wanted, freedom);
}

function learnThing(json: unknown, { gives = {}, noun = '', sent }: Wanted, freedom: Freedom): Gives {
  const candidates = freedom.envelope ? objectsIn(json) : objectsIn(json).slice(0, 1);
  let best: { path: string; score: number; names: Record<string, string> } | undefined;
  for (const { path, value } of candidates) {
    const { names, score } = learnNames(value, gives, { noun, sent });
    // Outer ones come first: an inner one has to be better.
    if (best === undefined || score > best.score + 0.5) best = { path, score, names };
  }
  if (best === undefined || best.score === 0) return { envelope: '', names: {} };
  const names = freedom.names ? best.names : {};
  const resource = best.path === '' ? json : at(json, best.path);
  const parts = freedom.names && 'name' in gives && !('name' in names) ? nameParts(resource) : undefined;
  return { envelope: best.path, names, ...(parts ? { joins: { name: parts } } : {}) };
}

function learnList(json: unknown, wanted: Wanted, freedom: Freedom): Gives {
  const list = freedom.envelope ? listIn(json, wanted) : Array.isArray(json) ? { path: '', value: json } : undefined;
  if (list === undefined) return { envelope: '', names: {} };
  return { envelope: list.path, names: {}, ...itemNames(list.value, wanted, freedom) };
}

function learnPage(json: unknown, wanted: Wanted, freedom: Freedom): Gives {
  const list = listIn(json, wanted);
  const names: Record<string, string> = {};
  if (list && freedom.envelope && list.path !== 'items') names['items'] = `^${list.path}`;
  const objects = objectsIn(json);
  for (const [field, type] of Object.entries(wanted.gives ?? {})) {
    if (field === 'items' || (isFields(json) && Object.hasOwn(json, field))) continue;
    for (const { path, value } of objects) {
      const name = nameFor(field, type, value, { noun: '', sent: undefined });
      if (name === undefined || (path !== '' && !freedom.envelope) || (name !== field && !freedom.names)) continue;
      names[field] = `^${join(path, name)}`;
      break;
    }
  }
  return { envelope: '', names, ...(list ? itemNames(list.value, wanted, freedom) : {}) };
}

function itemNames(list: readonly unknown[], { items, noun, sent }: Wanted, freedom: Freedom): Pick<Gives, 'items'> {
  const sample = list.find(isFields);
  if (!freedom.names || items === undefined || sample === undefined) return {};
  const { names } = learnNames(sample, items, { noun: noun ?? '', sent });
  return Object.keys(names).length > 0 ? { items: names } : {};
}

/** The app's name of each field, where it is another, and how much of the contract an object has. */
export function learnNames(
  value: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, string>>,
  known: { noun: string; sent: Readonly<Record<string, unknown>> | undefined },
): { names: Record<string, string>; score: number } {
  const names: Record<string, string> = {};
  const taken = new Set<string>(Object.keys(fields).filter((field) => Object.hasOwn(value, field)));
  let score = 0;
  for (const [field, type] of Object.entries(fields)) {
    if (Object.hasOwn(value, field)) {
      score += 3;
      continue;
    }
    const name = nameFor(field, type, value, known, taken);
    if (name === undefined) continue;
    names[field] = name;
    taken.add(name);
    score += isOptional(type) ? 1 : 2;
  }
  return { names, score };
}

/** The field of an object that is meant by one of the contract: by a value that was sent, or by its name and type. */
function nameFor(
  field: string,
  type: string,
  value: Readonly<Record<string, unknown>>,
  { noun, sent }: { noun: string; sent: Readonly<Record<string, unknown>> | undefined },
  taken: ReadonlySet<string> = new Set(),
): string | undefined {
  if (Object.hasOwn(value, field)) return field;
  const ranked = Object.entries(value)
    .filter(([name, held]) => !taken.has(name) && fits(type, held))
    .map(([name, held]) => ({
      name,
      like: Math.max(likeness(field, name, noun), tells(sent?.[field], held) ? 1.5 : 0),
    }))
    .filter(({ like }) => like > 0)
    .toSorted((a, b) => b.like - a.like);
  return ranked[0]?.name;
}

/** Whether a value that comes back is so unlike others that it must be the one that was sent. */
function tells(sent: unknown, held: unknown): boolean {
  return typeof sent === 'string' && sent.length >= 8 && held === sent;
}

/** Whether a value can be of the contract's type; a number or date in text is a mistake in the value, not in its place. */
function fits(type: string, value: unknown): boolean {
  switch (typeOf(type)) {
    case 'boolean':
      return typeof value === 'boolean' || value === 0 || value === 1;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isFields(value);
    case 'number':
    case 'integer':
      return typeof value === 'number' || (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value));
    case 'id':
      return typeof value === 'number' || typeof value === 'string';
    default:
      return typeof value === 'string' || (isOptional(type) && value === null);
  }
}

function nameParts(resource: unknown): readonly string[] | undefined {
  if (!isFields(resource) || Object.hasOwn(resource, 'name')) return undefined;
  return NAME_PARTS.find((parts) => parts.every((part) => typeof resource[part] === 'string'));
}

/** The list that an answer holds: the first whose things look like the contract's, outer ones first. */
function listIn(json: unknown, { items = {}, noun = '' }: Wanted): { path: string; value: unknown[] } | undefined {
  if (Array.isArray(json)) return { path: '', value: json };
  const lists = objectsIn(json).flatMap(({ path, value }) =>
    Object.entries(value).flatMap(([name, held]) =>
      Array.isArray(held) ? [{ path: join(path, name), value: held as unknown[] }] : [],
    ),
  );
  const score = (list: readonly unknown[]) =>
    Math.max(
      0,
      ...list
        .slice(0, MAX_ITEMS)
        .map((item) => (isFields(item) ? learnNames(item, items, { noun, sent: undefined }).score : 0)),
    );
  return lists.toSorted((a, b) => score(b.value) - score(a.value))[0];
}

/** The objects of a body, outer ones first, with their dotted paths. A name with a dot in it leads nowhere. */
function objectsIn(json: unknown): { path: string; value: Readonly<Record<string, unknown>> }[] {
  let level = isFields(json) ? [{ path: '', value: json }] : [];
  const found: typeof level = [];
  for (let depth = 0; depth <= MAX_DEPTH && level.length > 0; depth++) {
    found.push(...level);
    level = level.flatMap(({ path, value }) =>
      Object.entries(value)
        .slice(0, 50)
        .flatMap(([name, held]) =>
          isFields(held) && /^\w+$/.test(name) ? [{ path: join(path, name), value: held }] : [],
        ),
    );
  }
  return found;
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

import { isFields } from './adapter.ts';
import { likeness, NAME_PARTS, plain } from './field-names.ts';
import type { Added, Takes } from './shape.ts';

/** Words that stand in refusals and are no fields. */
const NO_FIELDS = new Set(
  'field fields value values body request data input it this all and or the a an is are error errors message validation failed required please path property parameter invalid statuscode success some there requestid timestamp'.split(
    ' ',
  ),
);
const MAX_TEXT = 4000;
/** A field, in words or as it is spelt, before what is wrong with it. */
const BEFORE =
  /["'`]?([A-Za-z_][\w.]*(?:\s[a-z][\w]*){0,2})["'`]?\s+(?:field\s+)?(?:is|are|was|were|must|should|shall|can(?:no|')?t|can not|cannot|has to|have to|needs?|may not|does not|required|missing)\b/gi;
/** Fields after what is asked for: "Please provide username and email". */
const AFTER =
  /\b(?:provide|enter|include|missing|needs?|requires?|specify|supply|fill in|send|property|column|field|fields|path)\b[\s:]*(?:(?:a|an|the|your|valid|required|fields?)\b[\s:]*)*((?:["'`]?[A-Za-z_]\w*["'`]?(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+)?){1,8})/gi;

/** What a refusal says about one field. */
export interface NamedField {
  name: string;
  /** The words around it. */
  says: string;
}

/**
 * The fields that a refusal names, in its order.
 *
 * @param words of the app's source: what is no word there is no field of it
 */
export function fieldsIn(body: { text: string; json: unknown }, words: ReadonlySet<string>): NamedField[] {
  const spelt = new Map([...words].map((word) => [plain(word).toLowerCase(), word]));
  const found = new Map<string, NamedField>();
  const add = (raw: string, says: string) => {
    const parts = raw
      .trim()
      .replaceAll(/["'`]/g, '')
      .split(/[\s.]+/);
    // "First name" is firstName; the longest run of words that the source knows is meant.
    for (let length = parts.length; length > 0; length--)
      for (let from = 0; from + length <= parts.length; from++) {
        const joined = parts.slice(from, from + length).join('');
        const word = words.has(joined) ? joined : spelt.get(plain(joined).toLowerCase());
        if (word === undefined || NO_FIELDS.has(word.toLowerCase())) continue;
        if (!found.has(word)) found.set(word, { name: word, says });
        return;
      }
  };
  const said = saidIn(body);
  for (const { text, field, isPlace } of said) if (isPlace && field !== undefined) add(field, text);
  // Where the JSON says fields apart, its texts only explain.
  if (found.size > 0) return [...found.values()];
  for (const { text, field } of said) {
    if (field !== undefined) add(field, text);
    for (const match of text.matchAll(BEFORE)) add(match[1] ?? '', text);
    for (const match of text.matchAll(AFTER))
      for (const name of (match[1] ?? '').split(/\s*,\s*(?:and\s+)?|\s+and\s+|\s+or\s+/)) add(name, text);
  }
  return [...found.values()];
}

interface Said {
  text: string;
  /** Where the JSON says it beside the text: `{ path: ['task'], message }`, or as a key: `{ errors: { task: … } }`. */
  field?: string;
  /** It is said as a place, by a name that such places have. */
  isPlace?: boolean;
}

/** The texts of a refusal. */
function saidIn({ text, json }: { text: string; json: unknown }): Said[] {
  if (json === undefined) return [{ text: text.slice(0, MAX_TEXT) }];
  const said: Said[] = [];
  // Names of fields are keys only where errors are told by field.
  const look = (value: unknown, key: string, depth: number, byField = false): void => {
    if (depth > 6 || said.length > 100) return;
    if (typeof value === 'string') {
      said.push({ text: value.slice(0, MAX_TEXT), ...(byField && /^\w+$/.test(key) ? { field: key } : {}) });
    } else if (Array.isArray(value)) for (const item of value.slice(0, 50)) look(item, key, depth + 1, byField);
    else if (isFields(value)) {
      const place = ['path', 'param', 'field', 'property', 'loc', 'instancePath']
        .map((name) => value[name])
        .find(Boolean);
      const name = [place].flat().findLast((part) => typeof part === 'string' && part !== 'body');
      const message = [value['message'], value['msg'], value['constraints']].find((part) => part !== undefined);
      if (typeof name === 'string')
        said.push({
          text: JSON.stringify(message ?? '').slice(0, MAX_TEXT),
          field: name.replace(/^\//, ''),
          isPlace: true,
        });
      const inside =
        name === undefined &&
        message === undefined &&
        (byField || /^(errors?|details|fields|issues|properties|fielderrors|validation\w*)$/i.test(key));
      for (const [inner, item] of Object.entries(value).slice(0, 50)) look(item, inner, depth + 1, inside);
    }
  };
  look(json, '', 0);
  return said;
}

/**
 * What to send otherwise because of a refusal: a field that the contract knows by another name is renamed, any other is
 * added. The same value when nothing was learnt.
 *
 * @param sent the fields of the contract's body
 * @param taken whether the source takes a field of that name from a body
 */
export function learnTakes(
  takes: Takes,
  named: readonly NamedField[],
  sent: Readonly<Record<string, unknown>>,
  taken: (name: string) => boolean,
): Takes {
  const names = { ...takes.names };
  const adds = { ...takes.adds };
  for (const { name, says } of named) {
    if (Object.values(names).includes(name)) continue;
    if (Object.hasOwn(sent, name)) {
      // It was sent under another name and is missed: that was a wrong guess. Sent as it is, it may just be unknown.
      if (Object.hasOwn(takes.names, name)) delete names[name];
      continue;
    }
    const known = Object.keys(sent)
      .filter((field) => !Object.hasOwn(names, field) && !taken(field))
      .toSorted((a, b) => likeness(b, name) - likeness(a, name))[0];
    if (known !== undefined && likeness(known, name) > 0) names[known] = name;
    else adds[name] = addedValue(name, says, sent, adds[name]);
  }
  return JSON.stringify({ names, adds }) === JSON.stringify(takes) ? takes : { names, adds };
}

/** A plausible value for a field that only its name tells of, or what a refusal says of it. */
export function addedValue(name: string, says: string, sent: Readonly<Record<string, unknown>>, before?: Added): Added {
  const key = plain(name);
  const choice = /\b(?:one of|either|enum values?)\b[^\w"'`]*(["'`]?)([\w-]+)\1/i.exec(says)?.[2];
  if (choice !== undefined) return { value: choice };
  if (/\b(?:number|integer|numeric)\b/i.test(says)) return { value: 1 };
  if (/\bboolean\b/i.test(says)) return { value: false };
  if (/\barray\b/i.test(says)) return { value: [] };
  if (before === undefined) {
    if ('password' in sent && /password|pass2|confirm/.test(key)) return { copy: 'password' };
    if ('name' in sent) {
      if (NAME_PARTS.some(([first]) => plain(first) === key)) return { word: 'first', of: 'name' };
      if (NAME_PARTS.some(([, last]) => plain(last) === key)) return { word: 'last', of: 'name' };
    }
    if ('email' in sent && /^(username|handle|login|nickname)$/.test(key)) return { local: 'email' };
    if (/date|deadline/.test(key)) return { value: '2030-01-01' };
    if (/phone|mobile/.test(key)) return { value: '5551234567' };
    if (/^(age|priority|order|quantity|stock|price|amount|count|number)$/.test(key)) return { value: 1 };
    if (/^(done|completed|is[a-z]+|active|terms|agree)$/.test(key)) return { value: false };
    if (/^(role|usertype)$/.test(key)) return { value: 'user' };
    return { value: 'some words to fill it' };
  }
  // What was tried first was of the wrong type.
  return 'value' in before && typeof before.value === 'string' ? { value: 1 } : { value: 'some words to fill it' };
}

/** Words that stand for one another in paths, each group in the singular and in lower case, without hyphens. */
const NOUNS: readonly (readonly string[])[] = [
  ['todo', 'task', 'todoitem', 'tarea'],
  ['user', 'account', 'member'],
  ['product', 'item', 'good', 'catalog'],
  ['purchase', 'buy', 'order', 'checkout'],
];

/** What is done to an account, or asked of an app: one word may stand for another in any app. */
const ACTIONS: readonly (readonly string[])[] = [
  ['register', 'signup', 'registration', 'join'],
  ['login', 'signin', 'session', 'authenticate', 'logon'],
  ['me', 'profile', 'whoami', 'current', 'self', 'currentuser'],
  ['health', 'healthz', 'healthcheck', 'status'],
];

/** Where actions on accounts live; apps agree on none of them. */
const ACCOUNT_PLACES = new Set(['auth', 'user', 'account', 'authentication', 'member']);

/** Words that only say what the method says already. */
const VERBS: Readonly<Record<string, readonly string[]>> = {
  GET: ['get', 'fetch', 'list', 'all', 'find', 'view', 'show', 'read', 'by', 'id', 'one', 'single'],
  POST: ['create', 'add', 'new', 'save', 'insert', 'post'],
  PUT: ['update', 'edit', 'modify', 'change', 'replace', 'by', 'id', 'put'],
  PATCH: ['update', 'edit', 'modify', 'change', 'by', 'id', 'patch'],
  DELETE: ['delete', 'remove', 'destroy', 'by', 'id'],
};

/** One segment in lower case, without what joins its words. */
export function plainSegment(segment: string): string {
  return segment.toLowerCase().replaceAll(/[-_.]/g, '');
}

/** `todos` → `todo`, `categories` → `category`; what is no plural stays. */
export function singular(word: string): string {
  if (/(ss|us|is)$/.test(word)) return word;
  if (word.endsWith('ies')) return `${word.slice(0, -3)}y`;
  return word.replace(/(?<=(ss|x|ch|sh))es$|s$/, '');
}

/** How far one word is from another that means the same in a path: 0 the same, 3 singular for plural, more for a synonym; undefined for another meaning. */
export function wordDistance(wanted: string, found: string): number | undefined {
  const [a, b] = [plainSegment(wanted), plainSegment(found)];
  if (a === b) return wanted === found ? 0 : 1;
  const [one, other] = [singular(a), singular(b)];
  if (one === other) return 3;
  const group = [...NOUNS, ...ACTIONS].find((words) => words.includes(one));
  const place = group?.indexOf(other) ?? -1;
  return place >= 0 ? 10 + place : undefined;
}

/** Whether a word names what is done to an account or asked of an app, whatever its place. */
export function isAction(segment: string): boolean {
  return ACTIONS.some((words) => words.includes(singular(plainSegment(segment))));
}

export function isAccountPlace(segment: string): boolean {
  return ACCOUNT_PLACES.has(singular(plainSegment(segment)));
}

/** Whether a segment is the usual beginning of an API's paths. */
export function isApiPrefix(segment: string): boolean {
  return /^(api|rest|v\d+(\.\d+)?|app|backend)$/i.test(segment);
}

/** Other words for a noun of a path, in the plural as it has; the likeliest first, itself among them. */
export function otherNouns(segment: string): string[] {
  const one = singular(plainSegment(segment));
  const group = [...NOUNS, ...ACTIONS].find((words) => words.includes(one)) ?? [one];
  return [segment, ...[one, ...group.filter((word) => word !== one)].flatMap((word) => [`${word}s`, word])].filter(
    (word, index, all) => all.indexOf(word) === index,
  );
}

/** A segment without the verbs that its method implies: `getTodos` → `Todos`, `create` → ``. */
export function withoutVerbs(segment: string, method: string): string {
  const verbs = VERBS[method] ?? [];
  const words = segment.split(/[-_]|(?<=[a-z])(?=[A-Z])/).filter((word) => word !== '');
  const kept = words.filter((word) => !verbs.includes(word.toLowerCase()));
  return kept.length === words.length ? segment : kept.join('-');
}

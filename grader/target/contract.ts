/** What of an operation an app may do in another way than the contract says. */
export const VARIATIONS = ['place', 'method', 'envelope', 'names', 'token'] as const;
export type Variation = (typeof VARIATIONS)[number];

/** One operation as the rubric asks for it, in the words that a client needs. */
export interface Operation {
  /** Method and path, parameters in braces. */
  request: string;
  query?: Readonly<Record<string, string>> | undefined;
  /** Headers that the request takes beside a token, with their types. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Fields that the request takes, with their types; a question mark makes one optional. */
  body?: Readonly<Record<string, string>> | undefined;
  /** Fields that the answer gives. */
  gives?: Readonly<Record<string, string>> | undefined;
  /** Status on success. */
  status?: number | undefined;
  /** True: only for logged-in users. */
  auth?: boolean | undefined;
  /** What may be otherwise; where it is not said, everything may. */
  vary?: readonly Variation[] | undefined;
}

export type Contract = Readonly<Record<string, Operation>>;

export function mayVary({ vary }: Operation, what: Variation): boolean {
  return vary?.includes(what) ?? true;
}

export function splitRequest({ request }: Operation): [method: string, path: string] {
  const [method = 'GET', path = '/'] = request.split(/\s+/);
  return [method, path];
}

/** A field's type without its question mark. */
export function typeOf(field: string): string {
  return field.replace(/\?$/, '');
}

export function isOptional(field: string): boolean {
  return field.endsWith('?');
}

/** The operation that gives one of the things that a list holds: `getTodo` for `listTodos`. */
export function itemOperation(contract: Contract, list: string): Operation | undefined {
  const listing = contract[list];
  if (listing === undefined) return undefined;
  const [, path] = splitRequest(listing);
  const given = Object.values(contract).filter(({ gives }) => gives !== undefined && Object.hasOwn(gives, 'id'));
  return (
    given.find((operation) => /^GET \S+$/.test(operation.request) && isItemOf(splitRequest(operation)[1], path)) ??
    given.find((operation) => operation.request === `POST ${path}`)
  );
}

/**
 * Whether an operation answers with many things of one kind: a GET of a path that others add to, and that gives either
 * nothing that is said, or `items`.
 */
export function isList(contract: Contract, name: string): boolean {
  const operation = contract[name];
  if (operation === undefined || !operation.request.startsWith('GET ')) return false;
  if (operation.gives !== undefined) return operation.gives['items'] === 'array';
  return itemOperation(contract, name) !== undefined;
}

function isItemOf(path: string, collection: string): boolean {
  return path.startsWith(`${collection}/{`) && !path.slice(collection.length + 1).includes('/');
}

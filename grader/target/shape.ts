/** How an app's request differs from the contract's. Plain data. */
export interface Takes {
  /** The app's name of a field, by the contract's: `{ title: 'task' }`. */
  names: Readonly<Record<string, string>>;
  /** Fields that the app asks for and the contract does not know. */
  adds: Readonly<Record<string, Added>>;
}

/** What an added field holds: a value, or something of a field that is sent (by the contract's name). */
export type Added =
  | { value: unknown }
  | { copy: string }
  /** The first or the last word of a text, such as of a full name. */
  | { word: 'first' | 'last'; of: string }
  /** The part of an e-mail address before the @, without signs. */
  | { local: string };

/** How an app's answer differs from the contract's. Plain data. */
export interface Gives {
  /** Dotted path of what the contract speaks of; empty where it is the whole body. */
  envelope: string;
  /** Where a field of it is found, by the contract's name: a dotted path in it, or one from the body, which begins with `^`. */
  names: Readonly<Record<string, string>>;
  /** The same for each thing of a list. */
  items?: Readonly<Record<string, string>>;
  /** What is not in a JSON body: a token in a header, a cookie, or a body that is nothing but the token. */
  outside?: Readonly<Record<string, Outside>>;
  /** Fields that are put together of others: `name` of `firstName` and `lastName`. */
  joins?: Readonly<Record<string, readonly string[]>>;
}

export type Outside = { in: 'text' } | { in: 'header'; name: string } | { in: 'cookie'; name: string };

/** Whether it says nothing: the answer is as the contract has it. */
export function isLiteral({ envelope, names, items, outside, joins }: Gives): boolean {
  return envelope === '' && [names, items, outside, joins].every((part) => Object.keys(part ?? {}).length === 0);
}

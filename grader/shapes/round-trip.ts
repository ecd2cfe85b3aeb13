import type { Rubric } from '../rubric/schema.ts';
import { Accounts } from '../target/accounts.ts';
import type { Answer, CallOptions, ContractClient } from '../target/client.ts';
import { Values } from '../target/values.ts';

type Fields = Record<string, unknown>;

/**
 * Calls every operation of a contract once, as a check would: users are made and let in, a thing is made, read, listed,
 * changed and deleted. Returns what was not as it should be, in words; nothing when all was.
 *
 * @throws {LearnerError} when an answer does not come, or nobody is let in
 */
export async function roundTrip(http: ContractClient, { contract, accounts }: Rubric, seed: string): Promise<string[]> {
  const problems: string[] = [];
  const names = namesOf(contract);
  const values = new Values(seed, 'shapes');
  const say = (operation: string, { status, text }: Answer, should: string) =>
    problems.push(`${operation} should ${should}, but answered ${status} ${text.slice(0, 300)}`);
  const call = (operation: string, options: CallOptions = {}) => http.call(operation, { ...options, token });

  let token: string | undefined;
  if (accounts) {
    const without = await call(names.list);
    if (without.status !== 401 && without.status !== 403) say(names.list, without, 'refuse a stranger');
    const account = await new Accounts(http, accounts, values).get('ada');
    for (const [field, value] of Object.entries({ email: account.email }))
      if (fieldsOf(account.registered.json)[field] !== value) say('register', account.registered, `give the ${field}`);
    token = account.token;
  }

  const body = bodyOf(contract[names.create]?.body ?? {}, 'one');
  const created = await call(names.create, { body });
  const { id } = fieldsOf(created.json);
  if (created.status < 200 || created.status > 299) say(names.create, created, 'make something');
  if (typeof id !== 'string' && typeof id !== 'number') {
    say(names.create, created, 'give an id');
    return problems;
  }
  const params = { id };
  const expectFields = (operation: string, answer: Answer, wanted: Fields) => {
    const fields = fieldsOf(answer.json);
    for (const [name, value] of Object.entries(wanted))
      if (fields[name] !== value) say(operation, answer, `give ${name} ${JSON.stringify(value)}`);
  };
  expectFields(names.create, created, body);

  const read = await call(names.read, { params });
  expectFields(names.read, read, { ...body, id });
  const listed = await call(names.list);
  const items = Array.isArray(listed.json) ? listed.json : [];
  if (!items.some((item) => fieldsOf(item)['id'] === id)) say(names.list, listed, `list ${id}`);

  if (names.update !== undefined) {
    const changes = bodyOf(contract[names.update]?.body ?? {}, 'two');
    expectFields(names.update, await call(names.update, { params, body: changes }), { ...changes, id });
    expectFields(names.read, await call(names.read, { params }), { ...changes, id });
  }

  const deleted = await call(names.delete, { params });
  if (deleted.status < 200 || deleted.status > 299) say(names.delete, deleted, 'delete it');
  const gone = await call(names.read, { params });
  if (gone.status !== 404) say(names.read, gone, 'answer 404 for what was deleted');
  const refused = await call(names.create, { body: {} });
  if (refused.status < 400 || refused.status > 499) say(names.create, refused, 'refuse an empty body');
  return problems;
}

/** The names of a contract's operations on its one kind of thing. */
export function namesOf(contract: Rubric['contract']) {
  const named = (verb: string) => Object.keys(contract).find((name) => name.startsWith(verb));
  const must = (verb: string) => {
    const name = named(verb);
    if (name === undefined) throw new RangeError(`the contract has no operation ${verb}…`);
    return name;
  };
  return {
    list: must('list'),
    create: must('create'),
    read: must('get'),
    update: named('update'),
    delete: must('delete'),
  };
}

function bodyOf(fields: Readonly<Record<string, string>>, which: 'one' | 'two'): Fields {
  const first = which === 'one';
  return Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [
      name,
      type === 'number' ? (first ? 12.5 : 30) : type === 'boolean' ? !first : `${name} ${which}`,
    ]),
  );
}

function fieldsOf(value: unknown): Fields {
  return value !== null && typeof value === 'object' ? (value as Fields) : {};
}

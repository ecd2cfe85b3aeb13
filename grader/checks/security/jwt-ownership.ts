import { z } from 'zod';
import { at, fill } from '../../target/template.ts';
import type { CheckContext } from '../check.ts';
import { dataByName, name, status, statusHolds, statusInWords } from '../params.ts';
import { nameOf, received } from './wording.ts';

export const ownershipSchema = z.strictObject({
  create: name.describe('Makes something that belongs to its maker'),
  createBody: dataByName.default({}),
  save: z.string().default('body.id').describe('Path of the new thing’s id in the answer'),
  param: z.string().default('id').describe('The path parameter that takes the id'),
  read: name.describe('Reads it; the owner may, another user may not'),
  alsoDenied: z
    .array(z.strictObject({ call: name, body: dataByName.optional() }))
    .default([])
    .describe('Changes that another user may not make either'),
  list: name.optional().describe('Another user’s list must not show it'),
  deniedStatus: status.default([403, 404]),
});
export type Ownership = z.infer<typeof ownershipSchema>;

export function ownershipOperations({ create, read, list, alsoDenied }: Ownership): string[] {
  return [create, read, ...(list === undefined ? [] : [list]), ...alsoDenied.map(({ call }) => call)];
}

/** What one user made, its owner can read, and another can neither see nor change. */
export async function observeOwnership(context: CheckContext, ownership: Ownership): Promise<void> {
  const { accounts, values, record, signal } = context;
  const { http } = context.target;
  const { create, read, param, save, list, alsoDenied, deniedStatus } = ownership;
  const [alice, bob] = [await accounts.get('alice', signal), await accounts.get('bob', signal)];

  const sent = fill(ownership.createBody, {}, values);
  const created = await http.call(create, { body: sent, token: alice.token, signal });
  const id = at({ status: created.status, headers: created.headers, body: created.json }, save);
  if (created.status >= 300 || (typeof id !== 'string' && typeof id !== 'number')) {
    record.assert(`${nameOf(http, create)} makes something with an id at ${save}`, false, {
      expected: 'status 2xx and an id',
      received: received(created),
      exchange: created.exchange,
    });
    return;
  }

  const params = { [param]: id };
  const before = await http.call(read, { params, token: alice.token, signal });
  const readable = before.status >= 200 && before.status < 300;
  record.assert(`${nameOf(http, read)} by its owner is answered`, readable, {
    expected: 'status 2xx',
    received: received(before),
    exchange: before.exchange,
  });
  if (!readable) return;

  for (const { call, body } of [{ call: read, body: undefined }, ...alsoDenied]) {
    const answer = await http.call(call, {
      params,
      token: bob.token,
      signal,
      ...(body ? { body: fill(body, {}, values) } : {}),
    });
    record.assert(
      `${nameOf(http, call)} by another user answers ${statusInWords(deniedStatus)}`,
      statusHolds(deniedStatus, answer.status),
      {
        expected: `status ${statusInWords(deniedStatus)}`,
        received: received(answer),
        exchange: answer.exchange,
      },
    );
  }

  if (alsoDenied.length > 0) {
    const after = await http.call(read, { params, token: alice.token, signal });
    // Only what the owner sent is compared: an answer may hold a date or a request id that changes by itself.
    const lost = scalars(sent).filter((value) => before.text.includes(value) && !after.text.includes(value));
    record.assert(
      'What another user tried to change is as its owner left it',
      after.status === before.status && lost.length === 0,
      {
        expected: received(before),
        received: received(after),
        exchange: after.exchange,
      },
    );
  }
  if (list !== undefined) {
    const answer = await http.call(list, { token: bob.token, signal });
    record.assert(
      `${nameOf(http, list)} by another user does not show it`,
      answer.status < 400 && !ids(answer.json).has(String(id)),
      {
        expected: `a list without ${String(id)}`,
        received: received(answer),
        exchange: answer.exchange,
      },
    );
  }
}

/** The texts in a value that are long enough to be told from others. */
function scalars(value: unknown): string[] {
  if (typeof value === 'string') return value.length >= 4 ? [value] : [];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(scalars) : [];
}

/** Every value in JSON whose key ends in "id". */
function ids(json: unknown): Set<string> {
  const found = new Set<string>();
  const stack: unknown[] = [json];
  while (stack.length > 0) {
    const value = stack.pop();
    if (value === null || typeof value !== 'object') continue;
    for (const [key, item] of Object.entries(value)) {
      if (/id$/i.test(key) && (typeof item === 'string' || typeof item === 'number')) found.add(String(item));
      stack.push(item);
    }
  }
  return found;
}

import { isFields } from './adapter.ts';
import type { BoundOperation } from './binding.ts';
import type { Gives } from './shape.ts';

/** Envelopes that hold whatever an app answers with, not one kind of thing. */
const FOR_ANYTHING = new Set(['data', 'result', 'payload', 'response']);
/** What stands beside the thing in an envelope. */
const BESIDE = new Set(['success', 'ok', 'status', 'statusCode', 'code', 'message', 'msg', 'timestamp']);

/** The envelope that an app puts around everything, as far as its answers were seen; undefined without one. */
export function usualEnvelope(routes: Readonly<Record<string, BoundOperation>>): string | undefined {
  const envelopes = new Set(
    Object.values(routes).flatMap(({ gives }) =>
      gives === undefined || gives.envelope === '' ? [] : [gives.envelope],
    ),
  );
  const [only] = envelopes;
  return envelopes.size === 1 && only !== undefined && FOR_ANYTHING.has(only) ? only : undefined;
}

/** The envelope of an answer of which the contract says nothing: what is alone beside words on how the request went. */
export function unsaidShape(json: unknown): Gives {
  const literal = { envelope: '', names: {} };
  if (!isFields(json)) return literal;
  const fields = Object.keys(json);
  const things = fields.filter((name) => !BESIDE.has(name));
  const [thing] = things;
  if (things.length !== 1 || thing === undefined || !/^\w+$/.test(thing) || typeof json[thing] !== 'object')
    return literal;
  return fields.length > 1 || FOR_ANYTHING.has(thing) ? { envelope: thing, names: {} } : literal;
}

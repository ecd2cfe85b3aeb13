import { LearnerError, UsageError } from '../../platform/errors.ts';
import type { Answer } from '../../target/client.ts';
import type { CheckContext } from '../check.ts';
import type { Flow } from '../flow.ts';
import { type Status, statusHolds, statusInWords } from '../params.ts';
import { labelOf, type RequestParams, send } from '../request.ts';
import { DATABASE_DISCLOSURES, MAX_SEARCHED_CHARS } from './disclosure-patterns.ts';
import { NOSQL, SLEEP_SECONDS, SQL } from './injection-payloads.ts';
import { received } from './wording.ts';

/** What to attack: the parameters of the check `injection`. */
export interface AttackPlan {
  kind: 'nosql' | 'sql';
  operation: string;
  target: 'body' | 'query' | 'params';
  as?: string | undefined;
  params?: Record<string, unknown> | undefined;
  query?: Record<string, unknown> | undefined;
  headers?: Record<string, string> | undefined;
  body: Record<string, unknown>;
  ordinary: string;
  answers?: Status | undefined;
  /** Steps that hid a canary. */
  setup: readonly unknown[];
}

/** A payload that was sent, and what came back. */
interface Shot {
  payload: unknown;
  answer: Answer;
}

/** One field under attack. */
export class Attack {
  readonly #context: CheckContext;
  readonly #flow: Flow;
  readonly #params: AttackPlan;
  readonly #field: string;
  readonly #label: string;

  constructor(context: CheckContext, flow: Flow, params: AttackPlan, field: string) {
    this.#context = context;
    this.#flow = flow;
    this.#params = params;
    this.#field = field;
    this.#label = labelOf(context.target.http, { call: params.operation });
  }

  /** A field that is looked up or stored. */
  async data(): Promise<void> {
    const { kind, target, answers = target === 'params' ? ['2xx', 404] : '2xx' } = this.#params;
    const ordinary = String(await this.#flow.fill(this.#params.ordinary));
    const control = await this.#send(ordinary);
    const fine = statusHolds(answers, control.answer.status);
    this.#assert(
      `${this.#label} with an ordinary ${this.#field} is answered`,
      fine,
      `status ${statusInWords(answers)}`,
      control,
    );
    if (!fine) return;

    if (kind === 'sql') {
      await this.#survives('quotes and SQL', SQL.probes(ordinary));
      const dataStays = await this.#conditions(ordinary);
      await this.#delays(SQL.delays(ordinary), dataStays);
    } else {
      await this.#survives('MongoDB operators', target === 'query' ? NOSQL.query(ordinary) : NOSQL.probes(ordinary));
      if (target !== 'query') await this.#delays(NOSQL.delays(ordinary), true);
    }
  }

  /** A field of the login, where everything else is as a user of the app's sends it. */
  async login(): Promise<void> {
    const { accounts, signal } = this.#context;
    const victim = await accounts.get('victim', signal);
    const right = accounts.loginBody(victim);
    if (!Object.hasOwn(right, this.#field))
      throw new UsageError(`the login of "accounts:" sends no field "${this.#field}"`, {
        mend: 'Name one that it sends in `field:`.',
      });
    const value = String(right[this.#field]);
    const payloads = this.#params.kind === 'sql' ? SQL.logins(value) : NOSQL.logins(value);
    const shots: Shot[] = [];
    for (const payload of payloads) shots.push(await this.#send(payload, right));

    const inside = shots.find(({ answer }) => answer.status < 300 || accounts.tokenIn(answer) !== undefined);
    this.#assert(
      `${this.#label} lets nobody in by ${this.#family()} in ${this.#field}`,
      inside === undefined,
      'a client error, and no token',
      inside ?? shots[0],
    );
    this.#assertUnbroken(shots, this.#family());
    this.#assertHidden(shots);
  }

  /** Payloads must neither break anything nor get an answer in the database's words. */
  async #survives(family: string, payloads: readonly unknown[]): Promise<void> {
    const shots: Shot[] = [];
    for (const payload of payloads) shots.push(await this.#send(payload));
    this.#assertUnbroken(shots, family);
    this.#assertHidden(shots);
  }

  /** A condition that is always true must give what one that is never true gives. */
  async #conditions(ordinary: string): Promise<boolean> {
    let last: Shot | undefined;
    for (const { always, never } of SQL.conditions(ordinary)) {
      const [all, none] = [await this.#send(always), await this.#send(never)];
      last = all;
      if (all.answer.status < 300 && itemsIn(all.answer.json) > itemsIn(none.answer.json)) {
        const expected = `what ${JSON.stringify(never)} gets: ${itemsIn(none.answer.json)} items`;
        return this.#assert(`${this.#label}: a condition in ${this.#field} is not run as SQL`, false, expected, all);
      }
    }
    return this.#assert(
      `${this.#label}: a condition in ${this.#field} is not run as SQL`,
      true,
      'the same answer whether the condition is true or false',
      last,
    );
  }

  /** A statement that sleeps must not be waited for. A second try tells it from a machine that was busy. */
  async #delays(payloads: readonly unknown[], worthTheTime: boolean): Promise<void> {
    const title = `${this.#label}: a statement in ${this.#field} is not run`;
    if (!worthTheTime)
      return void this.#context.record.assert(title, false, {
        received: 'not tried: conditions are run as SQL already',
      });
    const limit = SLEEP_SECONDS * 900;
    let last: Shot | undefined;
    for (const payload of payloads) {
      last = await this.#send(payload);
      if (last.answer.exchange.durationMs < limit) continue;
      last = await this.#send(payload);
      if (last.answer.exchange.durationMs >= limit) break;
    }
    if (!last) return;
    const ms = Math.round(last.answer.exchange.durationMs);
    this.#assert(
      title,
      ms < limit,
      `an answer that does not wait for the ${SLEEP_SECONDS} s that the payload sleeps`,
      last,
      `, after ${ms} ms`,
    );
  }

  #assertUnbroken(shots: Shot[], family: string): void {
    const broken = shots.find(({ answer }) => answer.status >= 500);
    this.#assert(
      `${this.#label} does not break on ${family} in ${this.#field}`,
      broken === undefined,
      'no 5xx',
      broken ?? shots[0],
    );
    const telling = shots.find(({ answer }) =>
      DATABASE_DISCLOSURES.some(({ pattern }) => pattern.test(answer.text.slice(0, MAX_SEARCHED_CHARS))),
    );
    this.#assert(
      `${this.#label} does not answer in the database’s words to ${family} in ${this.#field}`,
      telling === undefined,
      'no error of the database',
      telling ?? shots[0],
    );
  }

  /** What belongs to others must not come out. */
  #assertHidden(shots: Shot[]): void {
    if (this.#params.setup.length === 0) return;
    const canary = String(this.#flow.variables['canary']);
    const leak = shots.find(({ answer }) => answer.text.includes(canary));
    this.#assert(
      `${this.#label} does not show what is not to be seen`,
      leak === undefined,
      `no "${canary}"`,
      leak ?? shots[0],
    );
  }

  #assert(title: string, ok: boolean, expected: string, shot: Shot | undefined, more = ''): boolean {
    return this.#context.record.assert(title, ok, {
      expected,
      received: shot
        ? `${received(shot.answer)}${more} (to ${this.#field} = ${JSON.stringify(shot.payload)})`
        : 'nothing was sent',
      exchange: shot?.answer.exchange,
    });
  }

  /** Sends the request with the payload in the field. Payloads are data: no template in them is filled. */
  async #send(payload: unknown, base?: Record<string, unknown>): Promise<Shot> {
    const { operation, target, as, params, query, headers, body } = this.#params;
    const suffix = isSuffixed(payload) ? payload.suffix : '';
    const value = isSuffixed(payload) ? payload.value : payload;
    this.#flow.variables['payload'] = value;
    const request: RequestParams = {
      call: operation,
      as,
      params,
      query,
      headers,
      ...(base ? { body: base } : Object.keys(body).length > 0 ? { body } : {}),
    };
    const part = (base && target === 'body' ? base : request[target]) as Record<string, unknown> | undefined;
    const filled = { ...request, [target]: { ...part, [this.#field + suffix]: '{{payload}}' } };
    try {
      return {
        payload: isSuffixed(payload) ? `${suffix}=${payload.value}` : payload,
        answer: await send(this.#context, this.#flow, filled),
      };
    } catch (error) {
      if (!(error instanceof LearnerError)) throw error;
      throw new LearnerError(`${error.message} (to ${this.#field} = ${JSON.stringify(payload)})`, {
        fault: error.fault,
        cause: error,
      });
    }
  }

  #family(): string {
    return this.#params.kind === 'sql' ? 'SQL' : 'MongoDB operators';
  }
}

function isSuffixed(payload: unknown): payload is { suffix: string; value: string } {
  return payload !== null && typeof payload === 'object' && 'suffix' in payload;
}

/** How many things an answer lists: the longest array in it; 1 for a single object. */
function itemsIn(json: unknown): number {
  let longest = 0;
  let arrays = false;
  const stack: unknown[] = [json];
  while (stack.length > 0) {
    const value = stack.pop();
    if (value === null || typeof value !== 'object') continue;
    if (Array.isArray(value)) {
      arrays = true;
      longest = Math.max(longest, value.length);
    }
    stack.push(...Object.values(value));
  }
  return arrays ? longest : json !== null && typeof json === 'object' && Object.keys(json).length > 0 ? 1 : 0;
}

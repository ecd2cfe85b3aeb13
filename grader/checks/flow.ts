import { setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../target/accounts.ts';
import type { Answer, ContractClient } from '../target/client.ts';
import { at, fill, TemplateError, type Variables } from '../target/template.ts';
import type { CheckContext } from './check.ts';
import { facetsOf, judge, judgeStatuses, titleOf } from './flow-expectation.ts';
import { prepareRequest } from './flow-request.ts';
import type { Expectation, Step } from './flow-schema.ts';
import { inOrder } from './in-order.ts';
import { fillMatcher } from './matcher-schema.ts';
import type { Matcher } from './matcher.ts';
import { preview } from './matcher-words.ts';
import { savable } from './savable.ts';
import { accountsIn } from './template-names.ts';

/** Steps of requests with names for what came back; what they expect becomes assertions. */
export class Flow {
  /** What templates may refer to: drawn, saved, and the users named so far. */
  readonly variables: Variables;
  readonly #context: CheckContext;
  readonly #http: ContractClient;

  /** @param http whom to send requests to; default: the target's app */
  constructor(context: CheckContext, variables: Variables = {}, http: ContractClient = context.target.http) {
    this.#context = context;
    this.#http = http;
    this.variables = variables;
  }

  /** Draws and names values, in order; later ones may refer to earlier ones. */
  async let(drawn: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [name, value] of Object.entries(drawn)) this.variables[name] = await this.fill(value);
  }

  /** Fills the templates of a value; users that it names are registered first. */
  async fill<T>(value: T): Promise<T> {
    await this.#meetUsersOf(value);
    return fill(value, this.variables, this.#context.values);
  }

  /** Fills the templates of a matcher; what they stand for is compared as data. */
  async fillMatcher(matcher: Matcher): Promise<Matcher> {
    await this.#meetUsersOf(matcher);
    return fillMatcher(matcher, this.variables, this.#context.values);
  }

  /**
   * Runs steps in order, up to the first one that fails.
   *
   * @returns whether every step held
   * @throws {LearnerError} when no answer comes back at all
   */
  run(steps: readonly Step[]): Promise<boolean> {
    return inOrder(
      steps,
      (step) => this.#runStep(step),
      (step, reason) => this.untried(step, reason),
    );
  }

  /** Notes the assertions of a step as failed, because it was not run. */
  untried(step: Step, reason: string): false {
    for (const facet of facetsOf(step))
      this.#context.record.assert(titleOf(step, facet, this.#http), false, { received: reason });
    return false;
  }

  async #runStep(step: Step): Promise<boolean> {
    this.#context.signal.throwIfAborted();
    try {
      if (step.let !== undefined) await this.let(step.let);
      else if (step.wait !== undefined) await delay(step.wait, undefined, { signal: this.#context.signal });
      else return await this.#runRequests(step);
      return true;
    } catch (error) {
      // Names are checked when the rubric is loaded: what is missing now is a part of what the app answered.
      if (!(error instanceof TemplateError)) throw error;
      return this.untried(step, `not tried: ${error.message}`);
    }
  }

  async #runRequests(step: Step): Promise<boolean> {
    await this.#meetUsersOf(step);
    const token = step.as === undefined ? undefined : (await this.#meet(step.as)).token;
    const together = step.together ?? 1;
    const sent: Sent[] = [];
    for (let round = 0; round < (step.repeat ?? 1); round++) {
      // All requests of a round are made before the first one is sent, and sent before an answer is awaited.
      const prepared = Array.from({ length: together }, (_, i) => {
        const variables = { ...this.variables, index: round * together + i };
        return {
          variables,
          request: prepareRequest(step, { http: this.#http, token, variables, values: this.#context.values }),
        };
      });
      const settled = await Promise.allSettled(prepared.map(({ request }) => request.send(this.#context.signal)));
      for (const [i, { variables, request }] of prepared.entries()) {
        const result = settled[i];
        if (result?.status !== 'fulfilled') throw result?.reason;
        sent.push({ answer: result.value, variables: { ...variables, sent: request.sent } });
      }
    }
    const held = this.#judge(step, sent);
    const missing = this.#save(step, sent);
    for (const { name, path, answer } of held ? missing : []) {
      this.#context.record.assert(`the answer has ${article(name)} at ${path}`, false, {
        expected: `a value at ${path}`,
        received: `${answer.status}: ${preview(path.startsWith('headers') ? answer.headers : (answer.json ?? answer.text))}`,
        exchange: answer.exchange,
      });
    }
    return held && missing.length === 0;
  }

  #judge(step: Step, sent: readonly Sent[]): boolean {
    const filled = sent.map(({ answer, variables }) => ({
      answer,
      expect: fillExpectation(step, variables, this.#context),
    }));
    const results = facetsOf(step).map((facet) => {
      const judgements = filled.map(({ answer, expect }) => ({
        answer,
        ...(facet === 'statuses'
          ? judgeStatuses(
              expect.statuses ?? {},
              sent.map((one) => one.answer),
            )
          : judge(facet, expect, answer)),
      }));
      const failed = judgements.filter(({ ok }) => !ok);
      const shown = failed[0] ?? judgements[0];
      const many = facet !== 'statuses' && failed.length > 0 && judgements.length > 1;
      return this.#context.record.assert(titleOf(step, facet, this.#http), failed.length === 0, {
        expected: shown?.expected,
        received: many
          ? `${shown?.received}\n(${failed.length} of ${judgements.length} answers are not as they should be; this is the first)`
          : shown?.received,
        exchange: shown?.answer.exchange,
      });
    });
    return results.every(Boolean);
  }

  /** Names parts of the answer; of several answers, lists of them. Gives the first answer that lacks each name. */
  #save(step: Step, sent: readonly Sent[]): { name: string; path: string; answer: Answer }[] {
    return Object.entries(step.save ?? {}).flatMap(([name, path]) => {
      const found = sent.map(({ answer }) =>
        savable(at({ status: answer.status, headers: answer.headers, body: answer.json, text: answer.text }, path)),
      );
      const lacking = sent[found.indexOf(undefined)];
      if (lacking) return [{ name, path, answer: lacking.answer }];
      this.variables[name] = step.repeat === undefined && step.together === undefined ? found[0] : found;
      return [];
    });
  }

  async #meetUsersOf(value: unknown): Promise<void> {
    for (const nickname of accountsIn(value)) await this.#meet(nickname);
  }

  async #meet(nickname: string): Promise<Account> {
    const account = await this.#context.accounts.get(nickname, this.#context.signal);
    const { name, email, password, token, registered, loggedIn } = account;
    const users = (this.variables['account'] ?? {}) as Record<string, unknown>;
    const seen = ({ status, headers, json }: Answer) => ({ status, headers, body: savable(json) });
    this.variables['account'] = {
      ...users,
      [nickname]: { name, email, password, token, registered: seen(registered), loggedIn: seen(loggedIn) },
    };
    return account;
  }
}

/** A request that was answered, with the names as they stood for it. */
interface Sent {
  answer: Answer;
  variables: Variables;
}

function fillExpectation(step: Step, variables: Variables, { values }: CheckContext): Expectation {
  const { headers, body, text, statuses, ...rest } = step.expect ?? {};
  const filled = Object.entries({ headers, body, text, statuses })
    .filter(([, matcher]) => matcher !== undefined)
    .map(([facet, matcher]) => [facet, fillMatcher(matcher, variables, values)]);
  return { ...rest, ...Object.fromEntries(filled) };
}

function article(name: string): string {
  return `${/^[aeiou]/i.test(name) ? 'an' : 'a'} ${name}`;
}

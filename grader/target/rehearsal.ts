import { LearnerError } from '../platform/errors.ts';
import type { AccountsContract } from './accounts.ts';
import { adaptAnswer, adaptRequest, isFields } from './adapter.ts';
import type { Binding, BoundOperation, Route } from './binding.ts';
import type { Answer, ContractClient } from './client.ts';
import { type Contract, isList, itemOperation, mayVary, type Operation, splitRequest } from './contract.ts';
import { conventionalRoutes } from './conventions.ts';
import type { FoundRoute } from './found-route.ts';
import { learnShape } from './learn-shape.ts';
import { MadeThings } from './made-things.ts';
import { findPlaces, type Places } from './places.ts';
import { fieldsIn, learnTakes } from './refusal.ts';
import { RehearsalClient } from './rehearsal-client.ts';
import { rehearsalOrder } from './rehearsal-order.ts';
import { sampleBody, sampleHeaders } from './sample-request.ts';
import { type Gives, isLiteral, type Takes } from './shape.ts';
import type { SourceSigns } from './signs.ts';
import { tokenOutside } from './token.ts';
import { unsaidShape, usualEnvelope } from './usual-envelope.ts';
import { UnknownRoutes } from './unknown-routes.ts';
import type { Values } from './values.ts';
import { nounOf, Vocabulary } from './vocabulary.ts';

/** Requests of one rehearsal, at most. */
const MAX_REQUESTS = 400;
/** How often one request is sent otherwise before it is let be. */
const MAX_TRIES = 8;
const MAX_FAILURES = 3;
/** Where running apps describe themselves. */
const DESCRIPTIONS = [
  '/openapi.json',
  '/docs/json',
  '/swagger.json',
  '/api-docs',
  '/api/docs-json',
  '/api-json',
  '/docs-json',
  '/api/openapi.json',
  '/swagger/json',
  '/doc',
  '/v3/api-docs',
];

export interface RehearsalOptions {
  contract: Contract;
  accounts: AccountsContract | undefined;
  /** What the files say of where operations are. */
  places: Places;
  /** What is known without a rehearsal. */
  binding: Binding;
  signs: SourceSigns;
  /** Reads an OpenAPI document that the app serves. */
  readDescription: (document: unknown) => FoundRoute[];
  values: Values;
  signal: AbortSignal;
}

/**
 * Learns how an app speaks by using it as a client would: a user, one thing of each kind, and looks at both. To be held
 * before a fresh database, on an app that is started anew afterwards.
 *
 * @param http of the app; what its binding says does not matter
 * @returns the binding, with what was learnt; nothing is thrown for an app that fails
 */
export async function rehearse(http: ContractClient, options: RehearsalOptions): Promise<Binding> {
  const rehearsal = new Rehearsal(http, options);
  await rehearsal.hold();
  return rehearsal.binding();
}

class Rehearsal {
  readonly #client: RehearsalClient;
  readonly #options: RehearsalOptions;
  readonly #routes: Record<string, BoundOperation>;
  readonly #missing: Set<string>;
  readonly #unknown: UnknownRoutes;
  readonly #made = new MadeThings();
  readonly #vocabulary: Vocabulary;
  readonly #credentials: Record<string, unknown>;
  /** Operations whose good answer was seen. */
  readonly #seen = new Set<string>();
  #failures = 0;

  constructor(http: ContractClient, options: RehearsalOptions) {
    const { signs, signal } = options;
    this.#client = new RehearsalClient(http, options.binding.token, signs.tokenWays, signal);
    this.#vocabulary = new Vocabulary(options.contract, signs);
    this.#options = options;
    this.#routes = { ...options.binding.routes };
    this.#missing = new Set(options.places.missing.map(({ operation }) => operation));
    this.#unknown = new UnknownRoutes(`/${options.values.token()}`, (method, path) =>
      this.#client.send({ method, path }),
    );
    const { values } = options;
    this.#credentials = { name: values.name(), email: values.email(), password: values.password() };
  }

  binding(): Binding {
    const routes = Object.fromEntries(
      Object.entries(this.#routes).map(([name, route]) => [
        name,
        this.#vocabulary.withNames(name, this.#operation(name), this.#wrapped(name, route)),
      ]),
    );
    return { ...this.#options.binding, routes, token: this.#client.way };
  }

  /** An answer that could not be seen is taken to be wrapped as all others are. */
  #wrapped(name: string, route: BoundOperation): BoundOperation {
    const envelope = this.#seen.has(name) ? undefined : usualEnvelope(this.#routes);
    if (envelope === undefined || route.gives !== undefined || !mayVary(this.#operation(name), 'envelope'))
      return route;
    return { ...route, gives: { envelope, names: {} } };
  }

  async hold(): Promise<void> {
    if (this.#missing.size > 0) await this.#readDescription();
    for (const name of rehearsalOrder(this.#options.contract, this.#options.accounts)) {
      this.#options.signal.throwIfAborted();
      if (this.#client.requests >= MAX_REQUESTS || this.#failures >= MAX_FAILURES) return;
      try {
        await this.#learn(name);
      } catch (error) {
        if (!(error instanceof LearnerError)) throw error;
        this.#failures++;
      }
    }
  }

  /** An app may describe itself where its files do not. */
  async #readDescription(): Promise<void> {
    for (const path of DESCRIPTIONS) {
      const answer = await this.#client.send({ method: 'GET', path }).catch((error: unknown) => {
        if (!(error instanceof LearnerError)) throw error;
      });
      if (answer?.status !== 200 || !isFields(answer.json) || !isFields(answer.json['paths'])) continue;
      const contract = Object.fromEntries(
        Object.entries(this.#options.contract).filter(([name]) => this.#missing.has(name)),
      );
      const { routes } = findPlaces(contract, this.#options.readDescription(answer.json));
      for (const [name, route] of Object.entries(routes)) {
        if (route.from === 'contract') continue;
        this.#routes[name] = { ...route, at: path };
        this.#missing.delete(name);
      }
      return;
    }
  }

  async #learn(name: string): Promise<void> {
    const operation = this.#operation(name);
    const bound = this.#routes[name];
    if (bound === undefined || (operation.status !== undefined && operation.status >= 400)) return;
    const candidates: Route[] = this.#missing.has(name) ? conventionalRoutes(operation, this.#placed(name)) : [bound];
    for (const candidate of candidates) {
      if (this.#client.requests >= MAX_REQUESTS) return;
      const tried = await this.#attempt(name, operation, candidate);
      if (tried === undefined) return;
      if (this.#missing.has(name)) {
        if (await this.#unknown.isUnknown(candidate, tried.answer)) continue;
        this.#missing.delete(name);
        this.#routes[name] = { ...candidate, from: 'probed' };
      }
      this.#keep(name, operation, tried);
      return;
    }
  }

  /** Sends an operation, again and otherwise as long as its refusals teach something. undefined where it can't be sent. */
  async #attempt(name: string, operation: Operation, route: Route): Promise<Tried | undefined> {
    const [, literal] = splitRequest(operation);
    const path = this.#made.fill(literal, route.path);
    if (path === undefined || (operation.request.startsWith('DELETE ') && !this.#missing.has(name))) return undefined;
    const sample = this.#sampleOf(name, operation);
    const headers = sampleHeaders(operation, this.#options.values, (noun) => this.#made.idOf(noun));
    const send = (takes: Takes) =>
      this.#client.sendAs(
        { method: route.method, path },
        operation,
        sample === undefined ? undefined : adaptRequest(takes, sample),
        headers,
      );
    const before = this.#vocabulary.takesOf(operation);
    let takes = before;
    let answer = await send(takes);
    if (sample === undefined || !mayVary(operation, 'names')) return { answer, takes, sample };
    let guessed = false;
    for (let tries = 1; tries < MAX_TRIES && isRefusal(answer); tries++) {
      let better = learnTakes(takes, fieldsIn(answer, this.#options.signs.words), sample, this.#vocabulary.isTaken);
      if (better === takes && !guessed) {
        better = this.#vocabulary.guess(takes, sample);
        guessed = true;
      }
      if (better === takes) break;
      takes = better;
      answer = await send(takes);
    }
    // What is accepted and not given back may be known by another name.
    const lost = this.#lost(name, operation, answer, sample);
    if (isGood(answer) && lost > 0 && !guessed) {
      const other = this.#vocabulary.guess(takes, sample);
      const again = other === takes ? answer : await send(other);
      if (isGood(again) && this.#lost(name, operation, again, sample) < lost)
        return { answer: again, takes: other, sample };
    }
    // What did not help was no lesson.
    return { answer, takes: isGood(answer) ? takes : before, sample };
  }

  #keep(name: string, operation: Operation, { answer, takes, sample }: Tried): void {
    const route = this.#routes[name];
    if (route === undefined) return;
    const gives = isGood(answer) ? this.#shapeOf(name, operation, answer, sample) : undefined;
    if (gives) this.#vocabulary.remember(name, operation, gives);
    const learnt = this.#vocabulary.takesOf(operation, takes);
    this.#routes[name] = {
      ...route,
      ...(isEmpty(learnt) ? {} : { takes: learnt }),
      ...(gives === undefined || isLiteral(gives) ? {} : { gives }),
    };
    if (!isGood(answer)) return;
    this.#seen.add(name);
    const json = adaptAnswer(gives, answer);
    if (name === this.#options.accounts?.login.operation) {
      const token = isFields(json) ? json[this.#options.accounts.token] : undefined;
      if (typeof token === 'string') this.#client.token = token;
    }
    const id = isFields(json) ? json['id'] : undefined;
    const [method, literal] = splitRequest(operation);
    if (method === 'POST' && (typeof id === 'string' || typeof id === 'number')) this.#made.remember(literal, id);
  }

  #shapeOf(name: string, operation: Operation, answer: Answer, sample: Record<string, unknown> | undefined): Gives {
    const { contract, accounts } = this.#options;
    const gives = isList(contract, name) && operation.gives === undefined ? undefined : operation.gives;
    if (gives === undefined && !isList(contract, name))
      return mayVary(operation, 'envelope') ? unsaidShape(answer.json) : { envelope: '', names: {} };
    const freedom = { envelope: mayVary(operation, 'envelope'), names: mayVary(operation, 'names') };
    const items = isList(contract, name) ? itemOperation(contract, name)?.gives : undefined;
    const shape = learnShape(answer.json, { gives, items, noun: nounOf(operation), sent: sample }, freedom);
    if (name !== accounts?.login.operation || !mayVary(operation, 'token')) return shape;
    const json = adaptAnswer(shape, answer);
    if (isFields(json) && typeof json[accounts.token] === 'string') return shape;
    this.#client.outside = tokenOutside(answer);
    return this.#client.outside === undefined
      ? shape
      : { ...shape, outside: { [accounts.token]: this.#client.outside } };
  }

  /** How many fields of what was sent do not come back. */
  #lost(name: string, operation: Operation, answer: Answer, sample: Readonly<Record<string, unknown>>): number {
    if (!isGood(answer) || operation.gives === undefined) return 0;
    const json = adaptAnswer(this.#shapeOf(name, operation, answer, sample), answer);
    return Object.entries(sample).filter(
      ([field, value]) =>
        Object.hasOwn(operation.gives ?? {}, field) &&
        (typeof value === 'string' || typeof value === 'boolean') &&
        (!isFields(json) || json[field] !== value),
    ).length;
  }

  #sampleOf(name: string, operation: Operation): Record<string, unknown> | undefined {
    const { accounts, values } = this.#options;
    if (operation.body === undefined) return undefined;
    const sample = sampleBody(operation, values, (noun) => this.#made.idOf(noun));
    const isAccount = [accounts?.register.operation, accounts?.login.operation].includes(name);
    return isAccount
      ? Object.fromEntries(Object.entries(sample).map(([field, value]) => [field, this.#credentials[field] ?? value]))
      : sample;
  }

  #placed(name: string) {
    return Object.entries(this.#routes)
      .filter(([other]) => other !== name && !this.#missing.has(other))
      .map(([other, { path }]) => ({ literal: splitRequest(this.#operation(other))[1], path }));
  }

  #operation(name: string): Operation {
    const operation = this.#options.contract[name];
    if (operation === undefined) throw new RangeError(`operation "${name}" is not in the contract`);
    return operation;
  }
}

interface Tried {
  answer: Answer;
  takes: Takes;
  sample: Record<string, unknown> | undefined;
}

function isEmpty({ names, adds }: Takes): boolean {
  return Object.keys(names).length === 0 && Object.keys(adds).length === 0;
}

function isGood({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** An answer that may say which field is missing; apps without an error handler say it with a 500. */
function isRefusal({ status }: Answer): boolean {
  return status >= 400 && ![401, 403, 404, 405, 429].includes(status);
}

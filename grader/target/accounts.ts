import { LearnerError, UsageError } from '../platform/errors.ts';
import type { Answer, ContractClient } from './client.ts';
import { at, fill } from './template.ts';
import type { Values } from './values.ts';

/** How a rubric's app makes users and lets them in. */
export interface AccountsContract {
  register: { operation: string; body: Record<string, unknown> };
  login: { operation: string; body: Record<string, unknown> };
  /** Dotted path of the token in login's answer. */
  token: string;
}

export interface Account {
  name: string;
  email: string;
  password: string;
  token: string;
  registered: Answer;
  loggedIn: Answer;
}

/** A user's details before anything was sent. */
export type Credentials = Pick<Account, 'name' | 'email' | 'password'>;

/** Users of one criterion, by nickname: made the first time that they are named. */
export class Accounts {
  readonly #client: ContractClient;
  readonly #contract: AccountsContract | undefined;
  readonly #values: Values;
  readonly #accounts = new Map<string, Promise<Account>>();

  constructor(client: ContractClient, contract: AccountsContract | undefined, values: Values) {
    this.#client = client;
    this.#contract = contract;
    this.#values = values;
  }

  /** Users of the same kind in another app, such as the reference. */
  forApp(client: ContractClient): Accounts {
    return new Accounts(client, this.#contract, this.#values);
  }

  /** Random details of a user that does not exist yet. */
  draw(): Credentials {
    return { name: this.#values.name(), email: this.#values.email(), password: this.#values.password() };
  }

  /**
   * The user of that nickname, registered and logged in.
   *
   * @throws {LearnerError} when the app refuses to register or to log in, or gives no token
   */
  get(nickname: string, signal?: AbortSignal): Promise<Account> {
    let account = this.#accounts.get(nickname);
    if (!account) {
      account = this.#create(signal);
      this.#accounts.set(nickname, account);
    }
    return account;
  }

  /** Sends the contract's register request. */
  register(credentials: Credentials, signal?: AbortSignal): Promise<Answer> {
    return this.#send('register', credentials, signal);
  }

  /** Sends the contract's login request. */
  login(credentials: Credentials, signal?: AbortSignal): Promise<Answer> {
    return this.#send('login', credentials, signal);
  }

  /** What logs that user in, in the contract's words. */
  loginBody(credentials: Credentials): Record<string, unknown> {
    const { name, email, password } = credentials;
    return fill(this.#contractOrThrow().login.body, { name, email, password }, this.#values);
  }

  /** The token in login's answer; undefined when there is none. */
  tokenIn(answer: Answer): string | undefined {
    const token = at(answer.json, this.#contractOrThrow().token);
    return typeof token === 'string' && token !== '' ? token : undefined;
  }

  async #create(signal: AbortSignal | undefined): Promise<Account> {
    const credentials = this.draw();
    const registered = await this.register(credentials, signal);
    if (registered.status >= 400) {
      throw new LearnerError(
        `registering a new user was refused with ${registered.status}, so nothing that needs a user can be checked`,
      );
    }
    const loggedIn = await this.login(credentials, signal);
    const token = this.tokenIn(loggedIn);
    if (token === undefined) {
      throw new LearnerError(
        `logging in right after registering answered ${loggedIn.status} without a token at "${this.#contractOrThrow().token}", so nothing that needs a user can be checked`,
      );
    }
    return { ...credentials, token, registered, loggedIn };
  }

  #send(step: 'register' | 'login', credentials: Credentials, signal: AbortSignal | undefined): Promise<Answer> {
    const { operation, body } = this.#contractOrThrow()[step];
    return this.#client.call(operation, {
      body: fill(body, { ...credentials }, this.#values),
      ...(signal ? { signal } : {}),
    });
  }

  #contractOrThrow(): AccountsContract {
    if (!this.#contract)
      throw new UsageError('the rubric names users but has no `accounts:`', {
        mend: 'Say in `accounts:` which operations register and log in.',
      });
    return this.#contract;
  }
}

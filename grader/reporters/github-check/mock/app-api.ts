import type { KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Answer } from './checks-api.ts';

/** A GitHub App as GitHub knows it. */
export interface MockApp {
  id: number;
  /** Of the private key that the App signs with. */
  publicKey: KeyObject;
  /** Installations, and the token that is given for each. */
  installations: Record<number, string>;
}

/** The longest that GitHub lets an App's JSON Web Token live, in seconds, with the minute that clocks may differ. */
const LONGEST_LIFE = 660;
const TOKEN_LIFE_MS = 3_600_000;

/** Tokens of a GitHub App's installations. */
export class AppApi {
  readonly #app: MockApp;
  readonly #example: Record<string, unknown>;

  /** @param example an answer as GitHub shows one */
  constructor(app: MockApp, example: Record<string, unknown>) {
    this.#app = app;
    this.#example = example;
  }

  /** Gives a token for an installation to who proves to be the App. @param authorization the request's header */
  async createToken(installation: string | undefined, authorization: string | undefined): Promise<Answer> {
    if (!(await this.#isApp(authorization ?? ''))) {
      return { status: 401, data: { message: 'A JSON web token could not be decoded' } };
    }
    const token = this.#app.installations[Number(installation)];
    if (token === undefined) return { status: 404, data: { message: 'Not Found' } };
    const expires = new Date(Date.now() + TOKEN_LIFE_MS).toISOString();
    return { status: 201, data: { ...this.#example, token, expires_at: expires } };
  }

  async #isApp(authorization: string): Promise<boolean> {
    const jwt = /^bearer (?<jwt>\S+)$/i.exec(authorization)?.groups?.['jwt'] ?? '';
    const proven = await jwtVerify(jwt, this.#app.publicKey, {
      algorithms: ['RS256'],
      requiredClaims: ['iat', 'exp'],
    }).catch(() => undefined);
    // GitHub takes the App's number as a number and as a text.
    const { iss, iat = 0, exp = Infinity } = proven?.payload ?? {};
    return String(iss) === String(this.#app.id) && exp - iat <= LONGEST_LIFE;
  }
}

import type { Route } from './binding.ts';
import type { Answer } from './client.ts';

/** Tells the answer to a route that an app does not have: by what it says of one that no app has. */
export class UnknownRoutes {
  readonly #ask: (method: string, path: string) => Promise<Answer>;
  readonly #place: string;
  readonly #nowhere = new Map<string, Promise<Answer>>();

  /** @param place a path where nothing is, whatever the app */
  constructor(place: string, ask: (method: string, path: string) => Promise<Answer>) {
    this.#place = place;
    this.#ask = ask;
  }

  /** Whether an app has no such route. @throws {LearnerError} when it does not answer */
  async isUnknown({ method, path }: Route, answer: Answer): Promise<boolean> {
    if (answer.status === 405 || answer.status === 501) return true;
    if (answer.status === 404 && (method === 'GET' || new RegExp(`Cannot ${method} `).test(answer.text))) return true;
    let asked = this.#nowhere.get(method);
    if (asked === undefined) {
      asked = this.#ask(method, this.#place);
      this.#nowhere.set(method, asked);
    }
    const nowhere = await asked;
    const paths = [path, this.#place, new URL(answer.exchange.request.url).pathname];
    const said = (text: string) => paths.reduce((rest, one) => rest.replaceAll(one, ''), text);
    return answer.status === nowhere.status && said(answer.text) === said(nowhere.text);
  }
}

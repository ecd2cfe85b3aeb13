import { fillPath } from './client.ts';
import { isParameter, segmentsOf } from './match-route.ts';
import { plainSegment, singular } from './place-words.ts';

/** The ids of what was made in a rehearsal, by the contract's path of its collection. */
export class MadeThings {
  readonly #ids = new Map<string, string | number>();

  /** @param collection such as `/todos` */
  remember(collection: string, id: string | number): void {
    this.#ids.set(collection, id);
  }

  /** The id of one thing of a kind, such as `todo`; undefined where none was made. */
  idOf(noun: string): string | number | undefined {
    return [...this.#ids].find(([path]) => singular(plainSegment(segmentsOf(path).at(-1) ?? '')) === noun)?.[1];
  }

  /**
   * A path of the app with the ids of what was made; undefined where one is not known.
   *
   * @param literal the contract's path, which says of what each parameter is the id
   * @param path the app's
   */
  fill(literal: string, path: string): string | undefined {
    const params: Record<string, string | number> = {};
    const segments = segmentsOf(literal);
    for (const [index, segment] of segments.entries()) {
      if (!isParameter(segment)) continue;
      const id = this.#ids.get(`/${segments.slice(0, index).join('/')}`);
      if (id === undefined) return undefined;
      params[segment.slice(1, -1)] = id;
    }
    return fillPath(path, params);
  }
}

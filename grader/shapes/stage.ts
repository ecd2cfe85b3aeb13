import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDir } from '../platform/temp-dir.ts';
import { Trace } from '../platform/trace.ts';
import type { Rubric } from '../rubric/schema.ts';
import { type Scene, providerOptions, setScene } from '../scene.ts';
import { providers } from '../services/providers/index.ts';
import { type StartedServices, startServices } from '../services/start.ts';
import { readSettings } from '../settings.ts';

export interface StageOptions {
  runtime: 'local' | 'docker';
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** A submission to bring up. */
export interface Piece {
  name: string;
  folder: string;
  rubric: Rubric;
  /** The text of a grade.yaml to lay into it. */
  manifest?: string | undefined;
  /** Ports of this machine that it takes whatever it is told: pieces that share one come one after the other. */
  ports?: readonly number[] | undefined;
}

/** Where many submissions are brought up, one beside the other, with servers that they share. Ends with its scope. */
export class Stage implements AsyncDisposable {
  readonly #options: StageOptions;
  readonly #servers = new Map<string, Promise<StartedServices>>();
  readonly #turns = new Map<number, Promise<void>>();

  constructor(options: StageOptions) {
    this.#options = options;
  }

  /** Brings a copy of the submission up by the grader's own pipeline, as far as it comes. */
  async play<T>(
    { name, folder, rubric, manifest, ports = [] }: Piece,
    watch: (scene: Scene) => Promise<T>,
  ): Promise<T> {
    const { runtime, environment, signal } = this.#options;
    using turns = new DisposableStack();
    turns.use(await this.#turn(runtime === 'local' ? ports : []));
    await using place = await tempDir('shape');
    const path = join(place.path, name);
    await cp(folder, path, { recursive: true });
    if (manifest !== undefined) await writeFile(join(path, 'grade.yaml'), manifest);
    await using scene = await setScene({
      rubric,
      path,
      needsReference: false,
      interruptible: [],
      shared: await this.#shared(rubric.services),
      seed: name,
      trace: new Trace(),
      signal,
      runtime,
      services: this.#provider(),
      settings: readSettings(environment),
      events: {},
    });
    return await watch(scene);
  }

  #provider(): 'embedded' | 'testcontainers' {
    return this.#options.runtime === 'local' ? 'embedded' : 'testcontainers';
  }

  /** One set of servers for all that want the same kinds: an app is told of no server that its rubric does not name. */
  #shared(kinds: Rubric['services']): Promise<StartedServices> {
    const key = kinds.toSorted().join();
    const { environment, signal } = this.#options;
    const settings = readSettings(environment);
    const run = { network: undefined, trace: new Trace(), signal };
    const servers =
      this.#servers.get(key) ??
      startServices(kinds, providers[this.#provider()], providerOptions({ settings, events: {} }, run));
    this.#servers.set(key, servers);
    return servers;
  }

  /** Resolves when nobody else is at these ports. */
  async #turn(ports: readonly number[]): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const before = ports.map((port) => this.#turns.get(port));
    for (const port of ports) this.#turns.set(port, promise);
    await Promise.all(before);
    return { [Symbol.dispose]: resolve };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#servers.values()].map(async (servers) => (await servers)[Symbol.asyncDispose]()));
  }
}

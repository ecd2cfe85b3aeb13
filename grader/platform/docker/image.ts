import type { Readable } from 'node:stream';
import type Dockerode from 'dockerode';
import { InfrastructureError, messageOf } from '../errors.ts';
import type { Engine } from './engine.ts';

/** What an image is for, and where to tell how it gets here. */
export interface ImageOptions {
  /** What runs in it, such as `PostgreSQL`. */
  purpose: string;
  /** The variable by which another image can be named. */
  variable: string;
  progress?(what: string, fraction: number): void;
  notice?(text: string): void;
  signal?: AbortSignal;
}

/**
 * Makes sure that an image is here, pulling it when it is not.
 *
 * @throws {InfrastructureError} when it can't be pulled, with the mend
 */
export async function ensureImage(
  { docker }: Engine,
  image: string,
  { purpose, variable, progress, notice, signal }: ImageOptions,
): Promise<Dockerode.ImageInspectInfo> {
  try {
    return await docker.getImage(image).inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  const what = `Pulling ${image}`;
  progress?.(what, 0);
  try {
    const stream = (await docker.pull(image)) as Readable;
    const stop = () => stream.destroy(new Error('interrupted'));
    signal?.addEventListener('abort', stop, { once: true });
    const layers = new Map<string, number>();
    await new Promise<void>((resolve, reject) => {
      stream.once('close', () => reject(signal?.aborted ? signal.reason : new Error('the engine broke off')));
      docker.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        (event: PullEvent) => progress?.(what, fraction(layers, event)),
      );
    }).finally(() => signal?.removeEventListener('abort', stop));
  } catch (error) {
    signal?.throwIfAborted();
    throw new InfrastructureError(
      `the image ${image} for ${purpose} is not here and could not be pulled: ${messageOf(error)}`,
      {
        mend: `Name an image that is here in ${variable}, or run \`docker pull ${image}\` where its registry can be reached.`,
        cause: error,
      },
    );
  }
  progress?.(what, 1);
  notice?.(`The image ${image} was pulled.`);
  return docker.getImage(image).inspect();
}

interface PullEvent {
  id?: string;
  status?: string;
  progressDetail?: { current?: number; total?: number };
}

/** Layers arrive side by side and their number grows while they do: a rough share of what is known. */
function fraction(layers: Map<string, number>, { id, status, progressDetail }: PullEvent): number {
  if (id !== undefined && status !== undefined && !status.startsWith('Pulling from')) {
    const { current = 0, total = 0 } = progressDetail ?? {};
    const done = /complete|exists/i.test(status)
      ? 1
      : status === 'Downloading' && total > 0
        ? current / total
        : (layers.get(id) ?? 0);
    layers.set(id, done);
  }
  const shares = [...layers.values()];
  return shares.length === 0 ? 0 : Math.min(0.99, shares.reduce((sum, share) => sum + share, 0) / shares.length);
}

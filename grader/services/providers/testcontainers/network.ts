import type { Engine } from '../../../platform/docker/engine.ts';

export interface Attachments {
  /** Joins a container to a network and resolves with its host name there. */
  attach(container: string, network: string): Promise<string>;
  /** Takes a container out of a network (if it was in) and resolves with its names there, which somebody else may have now. */
  release(container: string, network: string): Promise<readonly [string, ...string[]]>;
}

/**
 * Joins a service's containers to the networks of runs. The first on a network gets the usual names,
 * the next ones names of their own. Containers stay on the engine's default network as well: a network
 * without a way out publishes no ports, and the grader comes in through one.
 */
export function attachments({ docker }: Pick<Engine, 'docker'>, aliases: readonly [string, ...string[]]): Attachments {
  const attached = new Map<string, { names: readonly [string, ...string[]]; joining: Promise<unknown> }>();
  const counts = new Map<string, number>();
  const namesIn = (network: string): readonly [string, ...string[]] => {
    const count = counts.get(network) ?? 0;
    counts.set(network, count + 1);
    return count === 0 ? aliases : [`${aliases[0]}-${count + 1}`];
  };
  return {
    async attach(container, network) {
      const key = `${container} ${network}`;
      let attachment = attached.get(key);
      if (attachment === undefined) {
        const names = namesIn(network);
        const joining = docker
          .getNetwork(network)
          .connect({ Container: container, EndpointConfig: { Aliases: [...names] } });
        attachment = { names, joining };
        attached.set(key, attachment);
      }
      await attachment.joining;
      return attachment.names[0];
    },
    async release(container, network) {
      const key = `${container} ${network}`;
      const attachment = attached.get(key);
      if (attachment === undefined) return namesIn(network);
      attached.delete(key);
      await attachment.joining;
      await docker.getNetwork(network).disconnect({ Container: container });
      return attachment.names;
    },
  };
}

import type { Engine } from '../../../platform/docker/engine.ts';

export interface Attachments {
  /** Joins a container to a network and resolves with its host name there. */
  attach(container: string, network: string): Promise<string>;
}

/**
 * Joins a service's containers to the networks of runs. The first on a network gets the usual names,
 * the next ones names of their own. Containers stay on the engine's default network as well: a network
 * without a way out publishes no ports, and the grader comes in through one.
 */
export function attachments({ docker }: Pick<Engine, 'docker'>, aliases: readonly [string, ...string[]]): Attachments {
  const attached = new Map<string, Promise<string>>();
  const counts = new Map<string, number>();
  return {
    attach(container, network) {
      const key = `${container} ${network}`;
      const known = attached.get(key);
      if (known) return known;
      const count = counts.get(network) ?? 0;
      counts.set(network, count + 1);
      const names = count === 0 ? aliases : ([`${aliases[0]}-${count + 1}`] as const);
      const joining = docker
        .getNetwork(network)
        .connect({ Container: container, EndpointConfig: { Aliases: [...names] } })
        .then(() => names[0]);
      attached.set(key, joining);
      return joining;
    },
  };
}

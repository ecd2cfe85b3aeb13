import { access, constants } from 'node:fs/promises';
import type Dockerode from 'dockerode';
import type * as Library from 'testcontainers';
import { InfrastructureError, messageOf } from '../../../platform/errors.ts';

/** A Docker engine that answers. */
export interface Engine {
  /** The library; loaded when it is needed, since it takes a while. */
  library: typeof Library;
  docker: Dockerode;
  version: string;
  /** Where published ports of containers are reached from this process. */
  host: string;
  /** Whether this machine reaches containers by their own addresses, which is quicker than by published ports. */
  direct: boolean;
}

const SOCKET = '/var/run/docker.sock';

/** @throws {InfrastructureError} when none answers */
export async function connectEngine(): Promise<Engine> {
  try {
    const library = await import('testcontainers');
    const client = await library.getContainerRuntimeClient();
    const { host, serverVersion, operatingSystem } = client.info.containerRuntime;
    const docker = client.container.dockerode;
    const { SecurityOptions = [] } = (await docker.info()) as { SecurityOptions?: string[] };
    const rootless = SecurityOptions.some((option) => option.includes('rootless'));
    // Engines publish ports on 127.0.0.1 always, on ::1 not everywhere.
    return {
      library,
      docker,
      version: String(serverVersion),
      host: host === 'localhost' ? '127.0.0.1' : host,
      direct: process.platform === 'linux' && host === 'localhost' && !rootless && !/desktop/i.test(operatingSystem),
    };
  } catch (error) {
    throw await explained(error);
  }
}

async function explained(error: unknown): Promise<InfrastructureError> {
  const state = await stateOfSocket();
  if (state === 'EACCES') {
    return new InfrastructureError(
      `a Docker engine is here, but this user may not talk to it (${SOCKET}: permission denied)`,
      {
        mend: 'Add the user to the group "docker" and log in again, or use --services embedded.',
        cause: error,
      },
    );
  }
  if (state === 'open') {
    return new InfrastructureError(`the Docker engine does not answer: ${messageOf(error)}`, {
      mend: 'Start it (docker info shows whether it works), or use --services embedded.',
      cause: error,
    });
  }
  return new InfrastructureError('no Docker engine was found', {
    mend: 'Install and start Docker, or use --services embedded.',
    cause: error,
  });
}

/** `open`, or the code of the failure: ENOENT, EACCES. */
async function stateOfSocket(): Promise<string | undefined> {
  try {
    await access(SOCKET, constants.R_OK | constants.W_OK);
    return 'open';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}

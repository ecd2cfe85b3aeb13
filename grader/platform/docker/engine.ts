import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import type Dockerode from 'dockerode';
import type * as Library from 'testcontainers';
import { InfrastructureError, messageOf } from '../errors.ts';

/** A Docker engine that answers. */
export interface Engine extends Reach {
  /** Testcontainers; loaded when it is needed, since it takes a while. */
  library: typeof Library;
  docker: Dockerode;
  version: string;
  /** Whether it runs as an ordinary user, with user numbers of its own. */
  rootless: boolean;
  /** On everything that is made, so that leftovers can be found; the reaper removes what a killed grader left. */
  labels: Record<string, string>;
}

/** How this machine gets to containers. */
export interface Reach {
  /** Where published ports of containers are reached. */
  host: string;
  /** Whether containers are reached by their own addresses, which is quicker than by published ports. */
  direct: boolean;
}

/** Set on every container and network of the grader. */
export const SANDBOX_LABEL = 'grade.sandbox';

const SOCKET = '/var/run/docker.sock';
/** The engine publishes ports on it always, on ::1 not everywhere. */
const LOOPBACK = '127.0.0.1';

/**
 * Connects to the engine that Testcontainers finds, and starts its reaper.
 *
 * @throws {InfrastructureError} when none answers, with the mend
 */
export async function connectEngine(): Promise<Engine> {
  try {
    const library = await import('testcontainers');
    const client = await library.getContainerRuntimeClient();
    const docker = client.container.dockerode;
    const info = (await docker.info()) as EngineInfo;
    const reaper = await library.getReaper(client).catch((cause: unknown) => {
      throw new InfrastructureError(
        `Testcontainers’ reaper, which removes what a killed run leaves behind, could not be started: ${messageOf(cause)}`,
        {
          mend: 'Name an image of it that is here in RYUK_CONTAINER_IMAGE, or go without it: TESTCONTAINERS_RYUK_DISABLED=true.',
          cause,
        },
      );
    });
    const rootless = info.SecurityOptions?.some((option) => option.includes('rootless')) ?? false;
    const shared =
      process.platform === 'linux' && !rootless && !/desktop/i.test(client.info.containerRuntime.operatingSystem);
    return {
      library,
      docker,
      version: info.ServerVersion,
      rootless,
      labels: { [SANDBOX_LABEL]: 'true', [library.LABEL_TESTCONTAINERS_SESSION_ID]: reaper.sessionId },
      ...(await reachBy(client.info.containerRuntime.host, shared)),
    };
  } catch (error) {
    if (error instanceof InfrastructureError) throw error;
    throw await explained(error);
  }
}

interface EngineInfo {
  ServerVersion: string;
  SecurityOptions?: string[];
}

/**
 * Testcontainers names the host of an engine on a socket by the gateway of its bridge when this process is in a
 * container itself. That is another machine when the socket was lent by the machine around it, but this very
 * machine when the engine runs in here too.
 *
 * @param host what Testcontainers says
 * @param shared whether an engine on this machine would share its network, not have a virtual machine of its own
 */
export async function reachBy(host: string, shared: boolean): Promise<Reach> {
  const here = host === 'localhost' || (await isOwnAddress(host));
  return { host: here ? LOOPBACK : host, direct: here && shared };
}

/** Only an address of this machine can be listened on; the list of interfaces leaves out a bridge that nobody uses. */
async function isOwnAddress(host: string): Promise<boolean> {
  const server = createServer();
  return new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, host, () => server.close(() => resolve(true)));
  });
}

async function explained(error: unknown): Promise<InfrastructureError> {
  const state = await stateOfSocket();
  if (state === 'EACCES') {
    return new InfrastructureError(
      `a Docker engine is here, but this user may not talk to it (${SOCKET}: permission denied)`,
      {
        mend: 'Add the user to the group "docker" and log in again, or go without it: --runtime local --services embedded.',
        cause: error,
      },
    );
  }
  if (state === 'open') {
    return new InfrastructureError(`the Docker engine does not answer: ${messageOf(error)}`, {
      mend: 'Start it (docker info shows whether it works), or go without it: --runtime local --services embedded.',
      cause: error,
    });
  }
  return new InfrastructureError('no Docker engine was found', {
    mend: 'Install and start Docker, or go without it: --runtime local --services embedded.',
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

import { access, constants } from 'node:fs/promises';
import type Dockerode from 'dockerode';
import { InfrastructureError, messageOf } from '../../platform/errors.ts';

/** A Docker engine that answers. */
export interface DockerEngine {
  docker: Dockerode;
  version: string;
  /** Whether it runs as an ordinary user, with user numbers of its own. */
  rootless: boolean;
  /** On everything that is made, so that leftovers can be found; the reaper removes what a killed grader left. */
  labels: Record<string, string>;
  /** Whether this machine reaches containers by their addresses. */
  direct: boolean;
}

/** Set on every container and network of the grader. */
export const SANDBOX_LABEL = 'grade.sandbox';

/**
 * Connects to the engine that Testcontainers finds, and starts its reaper.
 *
 * @throws {InfrastructureError} when none answers
 */
export async function connectEngine(): Promise<DockerEngine> {
  try {
    // Loaded when it is needed: it takes a while, and most commands never do.
    const { getContainerRuntimeClient, getReaper, LABEL_TESTCONTAINERS_SESSION_ID } = await import('testcontainers');
    const client = await getContainerRuntimeClient();
    const docker = client.container.dockerode;
    const info = (await docker.info()) as EngineInfo;
    const reaper = await getReaper(client).catch((cause: unknown) => {
      throw new InfrastructureError(
        `Testcontainers’ reaper, which removes what a killed run leaves behind, could not be started: ${messageOf(cause)}`,
        {
          mend: 'Name an image of it that is here in RYUK_CONTAINER_IMAGE, or go without it: TESTCONTAINERS_RYUK_DISABLED=true.',
          cause,
        },
      );
    });
    const rootless = info.SecurityOptions?.some((option) => option.includes('rootless')) ?? false;
    return {
      docker,
      version: info.ServerVersion,
      rootless,
      labels: { [SANDBOX_LABEL]: 'true', [LABEL_TESTCONTAINERS_SESSION_ID]: reaper.sessionId },
      direct:
        process.platform === 'linux' &&
        !rootless &&
        !/desktop/i.test(info.OperatingSystem) &&
        client.info.containerRuntime.host === 'localhost',
    };
  } catch (error) {
    if (error instanceof InfrastructureError) throw error;
    const { reason, mend } = await explain(error);
    throw new InfrastructureError(reason, { mend, cause: error });
  }
}

interface EngineInfo {
  ServerVersion: string;
  OperatingSystem: string;
  SecurityOptions?: string[];
}

/** Makes sure that an image is there, pulling it when it is not. */
export async function ensureImage({ docker }: DockerEngine, image: string): Promise<Dockerode.ImageInspectInfo> {
  const found = await docker.getImage(image).inspect().catch(ignoreMissing);
  if (found !== undefined) return found;
  try {
    const stream = await docker.pull(image);
    await new Promise<void>((resolve, reject) =>
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve())),
    );
    return await docker.getImage(image).inspect();
  } catch (error) {
    throw new InfrastructureError(`The image ${image} is not here and could not be pulled: ${messageOf(error)}`, {
      mend: 'Check the connection to the image registry, or name an image that is here in GRADE_IMAGE_NODE.',
      cause: error,
    });
  }
}

/** For calls about something that may be gone already. */
export function ignoreMissing(error: { statusCode?: number }): undefined {
  // 404: it is gone; 409: its removal is under way; 304: it has stopped already.
  if (error.statusCode === 404 || error.statusCode === 409 || error.statusCode === 304) return undefined;
  throw error;
}

async function explain(error: unknown): Promise<{ reason: string; mend: string }> {
  const socket = '/var/run/docker.sock';
  const state = await socketState(socket);
  if (state === 'EACCES') {
    return {
      reason: `A Docker engine is here, but this user may not talk to it (${socket}: permission denied).`,
      mend: 'Add the user to the group "docker" and log in again, or run with --runtime local.',
    };
  }
  if (state === 'open')
    return {
      reason: `The Docker engine does not answer: ${messageOf(error)}`,
      mend: 'Start it (docker info shows whether it works), or run with --runtime local.',
    };
  return { reason: 'No Docker engine was found.', mend: 'Install and start Docker, or run with --runtime local.' };
}

async function socketState(socket: string): Promise<string | undefined> {
  try {
    await access(socket, constants.R_OK | constants.W_OK);
    return 'open';
  } catch (failure) {
    return (failure as NodeJS.ErrnoException).code;
  }
}

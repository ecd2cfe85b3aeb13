import type Dockerode from 'dockerode';
import type { Limits } from '../submission.ts';

/** Where the copy of the submission lies in a container. */
export const APP_ROOT = '/app';
/** Where the installed packages are mounted, read-only. */
export const PACKAGES = '/packages';
/** Where tools are mounted, read-only: above the copy, where Node looks last. */
export const TOOLS = '/node_modules';

export interface ContainerOptions {
  image: string;
  limits: Limits;
  /** A network's name; `none` for no network at all; `container:<id>` to share another one's. */
  network: string;
  binds?: string[];
  /** Names that stand for the container's own 127.0.0.1. */
  hosts?: readonly string[] | undefined;
  /** Default 1000:1000, the user "node" of the official images. */
  user?: string;
  command?: string[];
  /** `<container port>/tcp` published on a free port of 127.0.0.1. */
  publish?: string;
}

/** User number in containers. Numbers need no entry in /etc/passwd. */
const USER = '1000:1000';
/** The system's programs. A package may bring a "node" or "sh" of its own: it goes after these. */
export const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Everything that a container may not do. */
export function specification(
  labels: Record<string, string>,
  options: ContainerOptions,
): Dockerode.ContainerCreateOptions {
  const { limits, network, publish } = options;
  const bytes = limits.memoryMb * 1024 * 1024;
  const [uid, gid] = (options.user ?? USER).split(':');
  const tmpfs = (share: number) =>
    `rw,exec,nosuid,nodev,size=${Math.max(1, Math.floor(limits.diskMb * share))}m,nr_inodes=200000,mode=0755,uid=${uid},gid=${gid}`;
  const [program = 'sleep', ...args] = options.command ?? ['sleep', 'infinity'];
  return {
    Image: options.image,
    User: options.user ?? USER,
    Entrypoint: [program],
    Cmd: args,
    WorkingDir: APP_ROOT,
    // Nothing of the grader's environment; HOME is a place that can be written to.
    Env: [`PATH=${SYSTEM_PATH}`, 'HOME=/tmp', 'LANG=C.UTF-8', 'npm_config_update_notifier=false'],
    Labels: labels,
    Healthcheck: { Test: ['NONE'] },
    StopTimeout: 0,
    ...(publish === undefined ? {} : { ExposedPorts: { [publish]: {} } }),
    HostConfig: {
      NetworkMode: network,
      Init: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      Memory: bytes,
      MemorySwap: bytes,
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.processes,
      Ulimits: [
        { Name: 'nofile', Soft: 4096, Hard: 4096 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
      Tmpfs: { [APP_ROOT]: tmpfs(3 / 4), '/tmp': tmpfs(1 / 4) },
      ShmSize: 16 * 1024 * 1024,
      IpcMode: 'private',
      Binds: options.binds ?? [],
      ...(options.hosts === undefined ? {} : { ExtraHosts: options.hosts.map((name) => `${name}:127.0.0.1`) }),
      LogConfig: { Type: 'none', Config: {} },
      // No names but those of the run's own network: questions about others end here, and soon.
      ...(network.startsWith('container:') || network === 'none'
        ? {}
        : { Dns: ['127.0.0.1'], DnsOptions: ['timeout:1', 'attempts:1'] }),
      ...(publish === undefined ? {} : { PortBindings: { [publish]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
    },
  };
}

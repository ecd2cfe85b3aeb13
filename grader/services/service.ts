import type { Trace } from '../platform/trace.ts';
import type { HandleByKind, ServiceKind } from '../target/target.ts';
import type { Forward } from './forwarder.ts';

export type { ServiceKind };

/** Where a service listens and who may enter. */
export interface Endpoint {
  /** A host name, an address, or (for the grader's own connections to Postgres) the folder of a Unix socket. */
  host: string;
  port: number;
  user: string;
  password: string;
  /** Postgres and Mongo: the database's name. Redis: "0". */
  database: string;
}

/**
 * What a service is, as data, for every provider: one file in `specs/`. A provider runs a server
 * somewhere; the spec knows how to prepare a tenant in it and how to talk to it.
 */
export interface ServiceSpec<Kind extends ServiceKind = ServiceKind> {
  kind: Kind;
  /** In words, for progress lines: "Postgres". */
  title: string;
  port: number;
  /** The official image; `ProviderOptions.images` names another one. */
  image: string;
  /** Host names under which apps on a container network look for it, the usual one first. */
  aliases: readonly [string, ...string[]];
  /** The database that the administrator's connections name. */
  adminDatabase: string;
  /** Clients are told the server's own idea of its address (a replica set), so that it must be true for them. */
  announcesItself: boolean;
  /** Whether tenants share a server of the grader's (a database each) or have a server each. */
  tenancy: 'database' | 'server';
  /** Whether several tenants can be kept apart in one server of somebody else's. */
  shareable: boolean;
  /** How a container of that image is started, with this administrator in it, listening on `admin.port` if it `announcesItself`. */
  container(admin: Endpoint): ContainerPlan | Promise<ContainerPlan>;
  /** Resolves with the server's version when it answers a real request; throws the last reason when `signal` aborts. */
  ready(admin: Endpoint, signal: AbortSignal): Promise<string>;
  /** What a new server needs once before tenants: the set-up of its replica set. Not called for `external` ones. */
  initialise?(admin: Endpoint, server: ServerView, signal: AbortSignal): Promise<void>;
  /** Tells a server that `announcesItself` another address (`host:port`), at which it reaches itself already. */
  rename?(admin: Endpoint, address: string): Promise<void>;
  /**
   * Leaves a server that was one tenant's as `initialise` did, for another one that finds nothing of the one before.
   * Rejects when that can't be; the server is not used again then. Absent where a new server costs no more.
   */
  clear?(admin: Endpoint): Promise<void>;
  /** Makes a fresh database with fresh credentials that can reach nothing else in the server. */
  provision(admin: Endpoint, server: ServerView): Promise<TenantSetup<Kind>>;
  /** Every usual variable name for it. `endpoint` is how the app reaches it. */
  environment(endpoint: Endpoint): Record<string, string>;
  /** Reads a URL that the user gave for an `external` server. */
  endpoint(url: URL): Endpoint;
}

export interface ContainerPlan {
  env: Record<string, string>;
  command: string[];
  /** Mount options by path. */
  tmpfs: Record<string, string>;
  /** Put into the container before it starts. */
  files: { target: string; content: string; mode: number }[];
  /** Megabytes for the whole container, tmpfs included. */
  memoryMb: number;
}

/** What a spec may know of the running server. */
export interface ServerView {
  /** `host:port` by which apps know it; the name of the one member of Mongo's replica set. */
  address: string;
  /** True: the server was started by the grader and may be set up at will. False: somebody else's. */
  owned: boolean;
}

export interface TenantSetup<Kind extends ServiceKind> extends AsyncDisposable {
  /** The app's own credentials (host and port as the grader sees them). */
  app: Endpoint;
  /** The grader's view, with credentials that no container ever sees. Its own reserved connection. */
  handle: HandleByKind[Kind];
  /** Whether the app may use databases of any name, as no other app is on its server. Default: its own only. */
  anyDatabase?: boolean;
  /** Resolves when the server answers, also when the app has used up its own connections. Throws the reason otherwise. */
  ping(): Promise<void>;
}

/** A database of one app in a running service. Dropped with its scope. */
export interface Tenant<Kind extends ServiceKind = ServiceKind> extends AsyncDisposable {
  kind: Kind;
  /** How the app reaches it from where it runs: from this host, or inside the run's container network. */
  endpoint: Endpoint;
  /** Whether the app may use databases of any name; else that of its endpoint only. */
  anyDatabase: boolean;
  /** `spec.environment(endpoint)`. */
  env: Record<string, string>;
  handle: HandleByKind[Kind];
  /**
   * Resolves when the server answers. Throws an InfrastructureError when it is gone, a LearnerError when it is
   * because the app used up the disk or the memory of a server that was its own.
   */
  healthy(): Promise<void>;
  /**
   * Takes the service away from the app, and from nobody else: until the scope ends, open connections are cut and new
   * ones are refused. For `interruptible` kinds only.
   */
  outage(): Promise<AsyncDisposable>;
}

export interface TenantOptions {
  /** Docker network of this tenant's app, when it is not the one of `ProviderOptions`. */
  network?: string;
  /** Kinds that may be taken away from the app, which comes to them through a forwarder. */
  interruptible?: readonly ServiceKind[];
  /** Makes forwarders in `network`. Default: on this machine. */
  forward?: Forward;
}

/** A server that runs. Stopped with its scope, tenants first. */
export interface StartedService<Kind extends ServiceKind = ServiceKind> extends AsyncDisposable {
  kind: Kind;
  provider: ProviderName;
  version: string;
  /** One line on where it came from: "image postgres:17", "mongod 6.0.5 from PATH". */
  detail: string;
  /** A fresh database (or server) for one app. */
  tenant(name: string, options?: TenantOptions): Promise<Tenant<Kind>>;
}

export type ProviderName = 'testcontainers' | 'embedded' | 'external';

export interface ProviderOptions {
  /** Set when the app runs in containers: the Docker network that services join, under their usual host names. */
  network: string | undefined;
  /** For `external`: URLs by kind; several, separated by spaces, where apps need a server each. */
  urls: Partial<Record<ServiceKind, string>>;
  /** For `testcontainers`: images other than the official ones. */
  images: Partial<Record<ServiceKind, string>>;
  /** For `embedded`: where fetched servers are kept, absolute; safe to delete. */
  cacheDir: string;
  /** The grader's own environment, for the tools that fetch servers (npm, apt-get, pip); never for servers or learner code. */
  environment: Readonly<Record<string, string | undefined>>;
  trace: Trace;
  /** Says one line to the user, such as how a server was obtained. */
  notice: (line: string) => void;
  /** Progress of a download or unpacking, 0 to 1; called many times. */
  progress: (what: string, fraction: number) => void;
  signal: AbortSignal;
}

export interface ServiceProvider {
  name: ProviderName;
  /** Whether it can work here, and if not, why and how to mend it. Quick, starts nothing. */
  available(): Promise<{ ok: true; detail: string } | { ok: false; reason: string; mend: string }>;
  /** @throws {InfrastructureError} when the server can't be had or does not come up */
  start<Kind extends ServiceKind>(spec: ServiceSpec<Kind>, options: ProviderOptions): Promise<StartedService<Kind>>;
}

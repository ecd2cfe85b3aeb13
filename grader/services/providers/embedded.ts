import { openService, type LaunchedServer } from '../tenancy.ts';
import type { ProviderOptions, ServiceKind, ServiceProvider } from '../service.ts';
import { launchMongo } from './embedded/mongo.ts';
import { launchPostgres } from './embedded/postgres.ts';
import { launchRedis } from './embedded/redis.ts';
import { type Tools, tools } from './embedded/tools.ts';

const launchers: Record<ServiceKind, (tools: Tools) => Promise<LaunchedServer>> = {
  mongo: launchMongo,
  postgres: launchPostgres,
  redis: launchRedis,
};

/** Real servers as processes of this machine, fetched once into a cache where they are not installed. */
export const embedded: ServiceProvider = {
  name: 'embedded',
  available: async () =>
    process.platform === 'win32'
      ? {
          ok: false,
          reason: 'there are no embedded servers for Windows',
          mend: 'Start a Docker engine, or run grade in WSL.',
        }
      : { ok: true, detail: 'servers run as processes of this machine' },
  start: (spec, options) => openService(spec, 'embedded', options, () => launch(spec.kind, options)),
};

/** Runs a new server of a kind; it may not answer yet. */
export async function launch(kind: ServiceKind, options: ProviderOptions): Promise<LaunchedServer> {
  return { ...(await launchers[kind](tools(options))), local: true };
}

import net from 'node:net';
import type { ServiceKind } from '../../target/target.ts';
import { createRelay, type Relay } from '../forwarder.ts';
import { joinMongo } from './mongo.ts';
import { joinPostgres } from './postgres.ts';
import { joinRedis } from './redis.ts';

/** A port of localhost at which an app looks for a database, and whose database it finds there. */
export interface AuthProxyOptions {
  kind: ServiceKind;
  /** Where it listens, on 127.0.0.1 and ::1. */
  port: number;
  /** The app's own database, with its credentials. */
  server: { host: string; port: number; user: string; password: string; database: string };
  /** The app may use any name for its database; else each name that it uses stands for the one that it has. */
  anyDatabase: boolean;
  /** Names and passwords that the app may come with. Only MongoDB's drivers want them to be known at the other end. */
  known: readonly { user: string; password: string }[];
  /** What Postgres' clients that ask for TLS are shown (PEM); without it they are told that there is none. */
  tls?: { key: string; cert: string } | undefined;
}

/**
 * Lets an app into its database whatever credentials it brings and whatever it calls its database, as an app does that
 * was written for a server of its author's own machine. It is the app's own way in, and has no more rights than the
 * credentials that the app was given.
 *
 * The text of this function also runs inside of containers: see program.ts.
 *
 * @param lookup finds the server's address; default: the system's way
 */
export function createAuthProxy(
  { kind, port, server, anyDatabase, known, tls }: AuthProxyOptions,
  lookup?: net.LookupFunction,
): { listen(): Promise<void>; close(): Promise<void> } {
  const { host, user, password, database } = server;
  const keys = new Map<string, Buffer>();
  const target = { host, port: server.port, ...(lookup === undefined ? {} : { lookup }) };
  const relay = (): Relay =>
    createRelay(net, target, (app, upstream) => {
      if (kind === 'redis') return joinRedis(app, upstream, { user, password });
      if (kind === 'postgres') return joinPostgres(app, upstream, { user, password, database, tls }, keys);
      const only = anyDatabase ? undefined : database;
      const all = [...known, { user, password }];
      const address = `localhost:${port}`;
      return joinMongo(
        app,
        upstream,
        { user, password, authDatabase: database, database: only, address, known: all },
        keys,
      );
    });
  let relays: Relay[] = [];
  const close = async () => {
    const open = relays;
    relays = [];
    await Promise.all(open.map((one) => one.close()));
  };
  return {
    async listen() {
      for (const address of ['127.0.0.1', '::1']) {
        const made = relay();
        try {
          await made.listen(port, address);
          relays.push(made);
        } catch (error) {
          const none = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '');
          if (address === '::1' && none) continue;
          await close();
          throw error;
        }
      }
    },
    close,
  };
}

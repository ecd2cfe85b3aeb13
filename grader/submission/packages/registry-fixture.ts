import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { createGzip } from 'node:zlib';
import { join } from 'node:path';
import { pack } from 'tar-fs';
import { tempDir } from '../../platform/temp-dir.ts';
import { writeTree } from '../runtimes/testbed.ts';

/** A package of a registry for tests. */
export interface FixturePackage {
  /** The rest of its package.json; `version` is 1.0.0 unless given. */
  manifest?: Record<string, unknown>;
  files?: Record<string, string>;
}

export interface FixtureRegistry extends AsyncDisposable {
  url: string;
  /** Paths that were asked for, in order. */
  requests: string[];
}

/** A package registry on 127.0.0.1 that has just these packages, by name. */
export async function fixtureRegistry(packages: Record<string, FixturePackage>): Promise<FixtureRegistry> {
  const tarballs = new Map<string, Buffer>();
  const documents = new Map<string, (url: string) => unknown>();
  for (const [name, { manifest = {}, files = {} }] of Object.entries(packages)) {
    const whole = { name, version: '1.0.0', ...manifest };
    const tarball = await tarballOf({ ...files, 'package.json': JSON.stringify(whole) });
    const path = `/${name}/-/${name}-${whole.version}.tgz`;
    tarballs.set(path, tarball);
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const hasInstallScript = Object.keys((whole as { scripts?: object }).scripts ?? {}).some((script) =>
      script.endsWith('install'),
    );
    documents.set(`/${name}`, (url) => ({
      name,
      'dist-tags': { latest: whole.version },
      versions: { [whole.version]: { ...whole, hasInstallScript, dist: { tarball: `${url}${path}`, integrity } } },
    }));
  }
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '');
    requests.push(path);
    const document = documents.get(path);
    const tarball = tarballs.get(path);
    if (document !== undefined)
      response.setHeader('content-type', 'application/json').end(JSON.stringify(document(url)));
    else if (tarball !== undefined) response.end(tarball);
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function tarballOf(files: Record<string, string>): Promise<Buffer> {
  await using dir = await tempDir('package');
  await writeTree(join(dir.path, 'package'), files);
  return await buffer(pack(dir.path, { entries: ['package'] }).pipe(createGzip()));
}

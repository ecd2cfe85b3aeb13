import { execFile, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '../platform/temp-dir.ts';

const run = promisify(execFile);

/** Repositories that git's own HTTP backend serves on loopback, to those who have the token; for tests. */
export interface GitServer extends AsyncDisposable {
  /** Of the repository: `http://127.0.0.1:…/ada/backend.git`. */
  url: string;
  /** Answers a request as the server does, for a server that does more than this. */
  handle(request: IncomingMessage, response: ServerResponse): void;
  /** Requests that came with the right token, and without. */
  seen: { authorized: number; refused: number };
  /** Makes a commit of these files on main; `undefined` removes one. @returns its id */
  commit(files: Record<string, string | undefined>): Promise<string>;
  /** Runs git in the repository's working tree. */
  git(...args: string[]): Promise<string>;
}

/**
 * @param token asked for as GitHub does: by Basic authentication, as the password of any user
 * @param path the PATH on which git is found
 */
export async function gitServer(token: string, path: string): Promise<GitServer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir('git-server'));
  const work = join(folder.path, 'ada', 'work');
  await mkdir(work, { recursive: true });
  const env = {
    PATH: path,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  };
  const git = async (...args: string[]) => (await run('git', args, { cwd: work, env })).stdout.trim();
  await git('init', '--quiet', '--initial-branch=main');
  // As on GitHub, every commit can be asked for by its id.
  await git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  const { stdout: execPath } = await run('git', ['--exec-path']);
  const backend = join(execPath.trim(), 'git-http-backend');

  const seen = { authorized: 0, refused: 0 };
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const basic = Buffer.from(request.headers.authorization?.replace(/^Basic /i, '') ?? '', 'base64').toString();
    if (basic.slice(basic.indexOf(':') + 1) !== token) {
      seen.refused++;
      response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
      return;
    }
    seen.authorized++;
    const url = new URL(request.url ?? '/', 'http://localhost');
    const child = spawn(backend, {
      env: {
        ...env,
        GIT_PROJECT_ROOT: folder.path,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: url.pathname.replace('/ada/backend.git', '/ada/work/.git'),
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? 'GET',
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '',
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      },
    });
    request.pipe(child.stdin);
    const pieces: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stdout.on('end', () => {
      const answer = Buffer.concat(pieces);
      const end = answer.indexOf('\r\n\r\n');
      for (const line of answer.subarray(0, end).toString().split('\r\n')) {
        const [name = '', value = ''] = line.split(/: (.*)/s);
        if (name === 'Status') response.statusCode = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.end(answer.subarray(end + 4));
    });
  };
  const server = createServer(handle);
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  stack.defer(
    () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  );
  const owned = stack.move();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ada/backend.git`,
    handle,
    seen,
    git,
    async commit(files) {
      for (const [name, text] of Object.entries(files)) {
        const file = join(work, name);
        if (text === undefined) {
          await git('rm', '--quiet', name);
          continue;
        }
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      await git('add', '--all');
      await git('commit', '--quiet', '--allow-empty', '--message=Work');
      return git('rev-parse', 'HEAD');
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

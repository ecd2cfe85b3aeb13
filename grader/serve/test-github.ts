import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { MockGitHub } from '../reporters/github-check/mock/github.ts';
import { gitServer } from '../submission/git-server.ts';

export const TOKEN = 'ghs_installation_token';
export const APP_ID = 12;
const KEYS = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
});
export const PRIVATE_KEY = KEYS.privateKey;

/**
 * GitHub as an App meets it: tokens for installations, the checks API, and git.
 *
 * @param path the PATH on which git is found
 * @returns also `holdGit`: answers of git wait for what it is given
 */
export async function github(path: string) {
  await using stack = new AsyncDisposableStack();
  const git = stack.use(await gitServer(TOKEN, path));
  const app = { id: APP_ID, publicKey: createPublicKey(KEYS.publicKey), installations: { 7: TOKEN } };
  const elsewhere = (request: IncomingMessage, response: ServerResponse) => {
    const ofGit = request.url?.startsWith('/ada/') === true;
    if (ofGit) void held.then(() => git.handle(request, response));
    return ofGit;
  };
  let held = Promise.resolve();
  const api = stack.use(await MockGitHub.start({ app, elsewhere }));
  api.tokens.clear();
  api.tokens.add(TOKEN);
  const owned = stack.move();
  return {
    api,
    git,
    cloneUrl: `${api.url}/ada/backend.git`,
    holdGit: (until: Promise<void>) => void (held = until),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

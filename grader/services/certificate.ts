import { isIP } from 'node:net';

/** A server's key and its certificate, as PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

/** One for the whole process: every server that it starts shows it, and every app that it starts trusts it. */
let own: Promise<Certificate> | undefined;

/** Names under which apps find servers, whatever runs them. */
const NAMES = [
  'localhost',
  '127.0.0.1',
  '::1',
  'db',
  'database',
  'postgres',
  'postgresql',
  'pg',
  'pgsql',
  'postgres-db',
  'postgres_db',
  ...Array.from({ length: 8 }, (_, at) => `postgres-${at + 2}`),
];

/** The certificate of servers that the grader starts, made fresh by each of its processes. */
export function serverCertificate(): Promise<Certificate> {
  return (own ??= selfSigned(NAMES));
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Kinds of names in a certificate (RFC 5280, section 4.2.1.6). */
const HOST_NAME = 2;
const ADDRESS = 7;

/** A certificate that vouches for itself, good for host names and addresses, from yesterday on for a month. */
export async function selfSigned(names: readonly string[]): Promise<Certificate> {
  // Runs without Postgres do without it.
  const { default: selfsigned } = await import('selfsigned');
  const made = await selfsigned.generate([{ name: 'commonName', value: 'grade' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + 30 * DAY_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: names.map((one) => (isIP(one) ? { type: ADDRESS, ip: one } : { type: HOST_NAME, value: one })),
      },
    ],
  });
  return { key: made.private, cert: made.cert };
}

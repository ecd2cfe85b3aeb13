import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** A server's key and its certificate, as PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

/** One for the whole process: every server that it starts shows it, and every app that it starts trusts it. */
let own: Certificate | undefined;

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
export function serverCertificate(): Certificate {
  return (own ??= selfSigned(NAMES));
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** A certificate (RFC 5280) that vouches for itself, good for host names and addresses, from yesterday on for a month. */
export function selfSigned(names: readonly string[]): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(COMMON_NAME, der(0x0c, Buffer.from('grade')))));
  const keyBytes = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = createHash('sha1').update(keyBytes).digest();
  const alternatives = names.map((one) => (isIP(one) ? der(0x87, addressBytes(one)) : der(0x82, Buffer.from(one))));
  const content = sequence(
    // Version 3.
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ECDSA_SHA256,
    name,
    sequence(time(Date.now() - DAY_MS), time(Date.now() + 30 * DAY_MS)),
    name,
    keyBytes,
    der(
      0xa3,
      sequence(
        sequence(SUBJECT_ALTERNATIVES, der(0x04, sequence(...alternatives))),
        // It may vouch for itself, and nobody else.
        sequence(
          BASIC_CONSTRAINTS,
          der(0x01, Buffer.from([0xff])),
          der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
        ),
        sequence(SUBJECT_KEY, der(0x04, der(0x04, keyId))),
      ),
    ),
  );
  const bytes = sequence(
    content,
    ECDSA_SHA256,
    der(0x03, Buffer.concat([Buffer.alloc(1), sign('sha256', content, privateKey)])),
  );
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}

/** A value in DER: its type, its length, its bytes. */
function der(type: number, bytes: Buffer): Buffer {
  const { length } = bytes;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), bytes]);
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function set(part: Buffer): Buffer {
  return der(0x31, part);
}

function time(at: number): Buffer {
  const [digits = ''] = new Date(at).toISOString().replaceAll(/[-:T]/g, '').split('.');
  return der(0x17, Buffer.from(`${digits.slice(2)}Z`));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const groups = [
    ...head,
    ...Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => '0'),
    ...(tail ?? []),
  ];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** Object identifiers, encoded. */
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const SUBJECT_ALTERNATIVES = Buffer.from('0603551d11', 'hex');
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const SUBJECT_KEY = Buffer.from('0603551d0e', 'hex');
const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

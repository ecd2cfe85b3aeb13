import { z } from 'zod';
import type { Answer } from '../../target/client.ts';
import { defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { matcherSchema } from '../matcher-schema.ts';
import { match } from '../matcher.ts';
import { exactlyOne } from '../params.ts';
import { labelOf, requestShape, send } from '../request.ts';

/**
 * What each protection asks of the headers. Sources: OWASP "HTTP Security Response Headers Cheat Sheet";
 * Helmet 8 sets all of these but the cache rule.
 */
const PROTECTIONS = {
  'no-sniffing': {
    expected: 'x-content-type-options: nosniff',
    holds: (headers) => headers['x-content-type-options']?.trim().toLowerCase() === 'nosniff',
    shows: ['x-content-type-options'],
  },
  framing: {
    expected: 'x-frame-options: DENY or SAMEORIGIN, or content-security-policy with frame-ancestors',
    holds: (headers) =>
      /^\s*(deny|sameorigin)\s*$/i.test(headers['x-frame-options'] ?? '') ||
      /(^|;)\s*frame-ancestors\s(?!\s*\*)/i.test(headers['content-security-policy'] ?? ''),
    shows: ['x-frame-options', 'content-security-policy'],
  },
  csp: {
    expected: 'content-security-policy with default-src or script-src',
    holds: (headers) => /(^|;)\s*(default-src|script-src)\s/i.test(headers['content-security-policy'] ?? ''),
    shows: ['content-security-policy'],
  },
  hsts: {
    expected: 'strict-transport-security with a max-age above 0',
    holds: (headers) => /max-age="?0*[1-9]/i.test(headers['strict-transport-security'] ?? ''),
    shows: ['strict-transport-security'],
  },
  'referrer-policy': {
    expected: 'referrer-policy, not unsafe-url',
    holds: (headers) =>
      /\S/.test(headers['referrer-policy'] ?? '') && !/unsafe-url/i.test(headers['referrer-policy'] ?? ''),
    shows: ['referrer-policy'],
  },
  'no-store': {
    expected: 'cache-control: no-store or private',
    holds: (headers) => /\b(no-store|private)\b/i.test(headers['cache-control'] ?? ''),
    shows: ['cache-control'],
  },
} as const satisfies Record<
  string,
  { expected: string; holds: (headers: Answer['headers']) => boolean; shows: string[] }
>;
type Protection = keyof typeof PROTECTIONS;

const headerName = z.string().regex(/^[^A-Z]+$/, 'header names are lower case here');

const schema = z
  .strictObject({
    ...requestShape,
    require: z
      .array(z.enum(Object.keys(PROTECTIONS) as [Protection, ...Protection[]]))
      .default(['no-sniffing', 'framing']),
    headers: z.record(headerName, z.string()).optional().describe('Headers to send'),
    expect: z
      .record(headerName, matcherSchema)
      .default({})
      .describe('Other headers of the answer, each with a matcher'),
    forbid: z.array(headerName).default(['x-powered-by']).describe('Headers that must not be there'),
    cors: z
      .strictObject({ origin: z.url(), allowed: z.boolean() })
      .optional()
      .describe('Whether scripts from that origin may read answers'),
  })
  .superRefine((value, context) => exactlyOne(value, ['call', 'request'], context));
type Params = z.infer<typeof schema>;

/** Whether answers carry the headers that protect browsers, and none that tell what the app is made of. */
export const check = defineCheck<Params>({
  id: 'security-headers',
  summary: 'Looks for protective headers, headers that tell too much, and whom CORS lets in',
  params: schema,
  inputs: ['app'],
  operations: ({ call }) => (call === undefined ? [] : [call]),
  async run(context, { require, expect, forbid, cors, ...request }) {
    const { record } = context;
    const flow = new Flow(context);
    const name = labelOf(context.target.http, request);
    const answer = await send(context, flow, request);
    const { exchange } = answer;

    for (const protection of require) {
      const { expected, holds, shows } = PROTECTIONS[protection];
      record.assert(`${name} answers with ${expected}`, holds(answer.headers), {
        expected,
        received: shown(answer, shows),
        exchange,
      });
    }
    for (const [header, matcher] of Object.entries(expect)) {
      const [mismatch] = match(await flow.fillMatcher(matcher), answer.headers[header], header);
      record.assert(`${name} answers with the right ${header}`, mismatch === undefined, {
        expected: mismatch?.expected ?? matcher,
        received: shown(answer, [header]),
        exchange,
      });
    }
    for (const header of forbid) {
      record.assert(`${name} answers without ${header}`, answer.headers[header] === undefined, {
        expected: `no ${header}`,
        received: shown(answer, [header]),
        exchange,
      });
    }
    if (cors) {
      const stranger = await send(context, flow, { ...request, headers: { ...request.headers, origin: cors.origin } });
      const allowed = ['*', cors.origin].includes(stranger.headers['access-control-allow-origin']?.trim() ?? '');
      record.assert(
        `${name} ${cors.allowed ? 'may' : 'may not'} be read by scripts from ${cors.origin}`,
        allowed === cors.allowed,
        {
          expected: cors.allowed
            ? `access-control-allow-origin: ${cors.origin}`
            : `an access-control-allow-origin that does not name ${cors.origin}, or none`,
          received: shown(stranger, ['access-control-allow-origin']),
          exchange: stranger.exchange,
        },
      );
    }
  },
});

function shown({ headers }: Answer, names: readonly string[]): string {
  return names.map((name) => (headers[name] === undefined ? `no ${name}` : `${name}: ${headers[name]}`)).join(', ');
}

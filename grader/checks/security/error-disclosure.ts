import { z } from 'zod';
import type { Answer } from '../../target/client.ts';
import { defineCheck } from '../check.ts';
import { Flow } from '../flow.ts';
import { checkStepTemplates, operationsOf, steps } from '../flow-schema.ts';
import { exactlyOne, status as statusSchema, statusHolds, statusInWords } from '../params.ts';
import { checkTemplates } from '../template-names.ts';
import { DATABASE_DISCLOSURES, DISCLOSURES, MAX_SEARCHED_CHARS } from './disclosure-patterns.ts';
import { labelOf, requestShape, send } from '../request.ts';
import { received } from './wording.ts';

const schema = z
  .strictObject({
    setup: steps.default([]).describe('Steps that make what the requests refer to'),
    provoke: z
      .array(
        z
          .strictObject({
            ...requestShape,
            status: statusSchema.optional(),
            title: z.string().optional().describe('What is wrong with the request, such as "with broken JSON"'),
          })
          .superRefine((value, context) => exactlyOne(value, ['call', 'request'], context)),
      )
      .min(1)
      .describe('Requests that must be refused'),
    status: statusSchema.default('4xx'),
    json: z.boolean().default(false).describe('Error answers must be JSON objects'),
    allow5xx: z.boolean().default(false).describe('A 5xx is not held against the app here, only what it says'),
  })
  .superRefine(({ setup, provoke }, context) => {
    const known = new Set<string>();
    checkStepTemplates(setup, known, ['setup'], context);
    checkTemplates(provoke, known, ['provoke'], context);
  });
type Params = z.infer<typeof schema>;

/** Environment variables whose values are secrets. */
const SECRET_NAME = /SECRET|PASSWORD|PASSWD|TOKEN|KEY|CREDENTIAL|URL|URI|DSN|SALT/i;
/** Shorter values would be met by chance. */
const MIN_SECRET_CHARS = 8;

/** Whether errors tell the client what it did wrong, and nothing of how the app is made. */
export const check = defineCheck<Params>({
  id: 'error-disclosure',
  summary:
    'Provokes errors; answers must be a client error, in JSON, without stack traces, paths, database errors or secrets',
  params: schema,
  inputs: ['app'],
  operations: ({ setup, provoke }) => [...operationsOf(setup), ...provoke.flatMap(({ call }) => call ?? [])],
  async run(context, params) {
    const flow = new Flow(context);
    if (!(await flow.run(params.setup))) return;
    const secrets = secretsOf(context.target.env);
    for (const { status = params.status, title, ...request } of params.provoke) {
      const answer = await send(context, flow, request);
      const name = [labelOf(context.target.http, request), title].filter(Boolean).join(' ');
      const { exchange } = answer;
      const excused = params.allow5xx && answer.status >= 500;
      context.record.assert(`${name} answers ${statusInWords(status)}`, excused || statusHolds(status, answer.status), {
        expected: `status ${statusInWords(status)}`,
        received: received(answer),
        exchange,
      });
      const leaks = disclosuresIn(answer, secrets);
      context.record.assert(`${name}: the answer tells nothing of the app’s inside`, leaks.length === 0, {
        expected: 'no stack trace, file path, database error or secret',
        received: leaks.length === 0 ? received(answer) : leaks.join('; '),
        exchange,
      });
      if (params.json) {
        const isJson =
          answer.json !== null &&
          typeof answer.json === 'object' &&
          /\bjson\b/i.test(answer.headers['content-type'] ?? '');
        context.record.assert(`${name}: the answer is JSON`, isJson, {
          expected: 'content-type application/json, and a body that is a JSON object',
          received: `content-type ${answer.headers['content-type'] ?? 'missing'}, ${received(answer)}`,
          exchange,
        });
      }
    }
  },
});

/** What an answer gives away, in words; empty when nothing. Values from `secrets` are named, never quoted. */
function disclosuresIn({ text, headers }: Answer, secrets: ReadonlyMap<string, string>): string[] {
  const searched = `${text}\n${Object.values(headers).join('\n')}`.slice(0, MAX_SEARCHED_CHARS);
  const found = new Map<string, string>();
  for (const { what, pattern } of [...DISCLOSURES, ...DATABASE_DISCLOSURES]) {
    const hit = pattern.exec(searched);
    if (hit && !found.has(what)) found.set(what, `${what}: ${hit[0].trim().slice(0, 160)}`);
  }
  for (const [name, value] of secrets) {
    if (searched.includes(value)) found.set(name, `the value of the environment variable ${name}`);
  }
  return [...found.values()];
}

/** Secret values of the environment by name; of a URL, the password in it. */
function secretsOf(env: Readonly<Record<string, string>>): Map<string, string> {
  const secrets = new Map<string, string>();
  for (const [name, value] of Object.entries(env)) {
    if (!SECRET_NAME.test(name) || value.length < MIN_SECRET_CHARS) continue;
    if (!URL.canParse(value)) secrets.set(name, value);
    else if (new URL(value).password !== '') secrets.set(name, decodeURIComponent(new URL(value).password));
  }
  return secrets;
}

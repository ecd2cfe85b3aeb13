import { z } from 'zod';
import { VARIATIONS } from '../target/contract.ts';
import { SERVICE_KINDS } from '../target/target.ts';
import { policySchema } from '../report/schema.ts';

const ID = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const OPERATION = /^[a-z][A-Za-z0-9]*$/;
const HTTP_REQUEST = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) \/\S*$/;

/** A duration in text, such as `500ms`, `8s` or `2m`; parsed to milliseconds. */
export const durationSchema = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m)$/, 'a duration looks like 500ms, 8s or 2m')
  .transform((text) => {
    const value = Number.parseFloat(text);
    return text.endsWith('ms') ? value : text.endsWith('s') ? value * 1000 : value * 60_000;
  })
  .meta({ description: 'A duration: 500ms, 8s, 2m' });

/** A field's type in the contract; a question mark makes it optional. */
const fieldSchema = z
  .string()
  .regex(
    /^(string|number|integer|boolean|email|password|date|id|object|array)\??$/,
    'a field is string, number, integer, boolean, email, password, date, id, object or array, with ? when optional',
  );

/** What an app may do in another way than the contract says; meaning is never among it. */
export const varySchema = z
  .union([
    z.enum(['all', 'none']).transform((word) => (word === 'all' ? [...VARIATIONS] : [])),
    z.array(z.enum(VARIATIONS)),
  ])
  .describe(
    'What may be otherwise than the contract says: place (path), method (PUT or PATCH), envelope (what answers are wrapped in), names (of fields), token (how it is sent); or all, none. Status codes, auth, ownership and validation never are',
  );

const operationSchema = z.strictObject({
  request: z
    .string()
    .regex(HTTP_REQUEST, 'an operation looks like "GET /todos/{id}"')
    .describe('Method and path; parameters in braces'),
  summary: z.string().optional(),
  query: z.record(z.string(), fieldSchema).optional(),
  headers: z
    .record(z.string(), fieldSchema)
    .optional()
    .describe('Headers that the request takes beside a token, such as { X-User-Id: id }'),
  body: z.record(z.string(), fieldSchema).optional().describe('Fields that the request takes'),
  gives: z.record(z.string(), fieldSchema).optional().describe('Fields that the answer gives'),
  status: z.int().optional().describe('Status on success'),
  auth: z.boolean().optional().describe('true: only for logged-in users'),
  vary: varySchema.optional(),
});

const programSchema = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .describe('How it is started where the submission says nothing else, such as [node, todo.js]'),
  alternatives: z.array(z.array(z.string()).min(1)).default([]).describe('Other usual places, tried in order'),
  summary: z.string().optional(),
});

const accountStepSchema = z.strictObject({
  operation: z.string().regex(OPERATION),
  body: z.record(z.string(), z.unknown()).describe('Templates: {{email}}, {{password}}, {{name}}'),
});

const curveSchema = z
  .strictObject({
    metric: z.string().describe('A measurement of the check'),
    zero: z.number().describe('The value that earns nothing'),
    full: z.number().describe('The value that earns everything; below zero when less is better'),
  })
  .refine(({ zero, full }) => zero !== full, { message: 'zero and full must differ', path: ['full'] })
  .transform(({ metric, zero, full }) => ({
    kind: 'curve' as const,
    metric,
    points: (zero < full
      ? [
          [zero, 0],
          [full, 1],
        ]
      : [
          [full, 1],
          [zero, 0],
        ]) as [number, number][],
  }));

const curvePointsSchema = z
  .strictObject({ metric: z.string(), points: z.array(z.tuple([z.number(), z.number().min(0).max(1)])).min(2) })
  .refine(({ points }) => points.every((point, i) => i === 0 || point[0] > (points[i - 1]?.[0] ?? -Infinity)), {
    message: 'the points must rise along the metric',
    path: ['points'],
  })
  .transform(({ metric, points }) => ({ kind: 'curve' as const, metric, points }));

const scoreSchema = z
  .union([z.enum(['pass', 'ratio']).transform((kind) => ({ kind })), curveSchema, curvePointsSchema])
  .pipe(policySchema)
  .describe('pass: all or nothing; ratio: the share of assertions that held; or a curve over one measurement');

export const criterionSchema = z.strictObject({
  id: z.string().regex(ID, 'an id is lower-case words joined by hyphens'),
  title: z.string().min(3).describe('What is true when it passes, in a learner’s words'),
  points: z.number().positive(),
  check: z.string(),
  with: z.record(z.string(), z.unknown()).default({}),
  needs: z.array(z.string()).default([]).describe('Criteria that must have earned something first'),
  score: scoreSchema.default({ kind: 'pass' }),
  timeout: durationSchema.optional(),
  alone: z.literal(true).optional().describe('It runs while nothing else does, after those that may run side by side'),
  disruptive: z
    .literal(true)
    .optional()
    .describe('It may leave the app in a state that others would suffer from: it runs last, and the app is restarted'),
  hint: z.string().min(10).describe('What to look at and why it matters'),
  covers: z.array(z.string()).default([]).describe('Phrases of the curriculum that it stands for'),
});
export type Criterion = z.infer<typeof criterionSchema>;

/** One rubric.yaml, before references between its parts are checked (see load.ts). */
export const rubricSchema = z.strictObject({
  rubric: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  title: z.string(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  summary: z.string().optional(),
  points: z.number().positive().default(100).describe('What the criteria must add up to'),
  passMark: z.number().min(0).default(60),
  services: z.array(z.enum(SERVICE_KINDS)).default([]),
  app: z.boolean().default(true).describe('false: scripts only, nothing to boot'),
  env: z
    .record(z.string(), z.string())
    .default({})
    .describe('Variables that the brief promises to the app; {{random.token}} and kin are drawn for each run'),
  vary: varySchema.optional().describe('For every operation that does not say it itself. Default: all'),
  contract: z.record(z.string().regex(OPERATION), operationSchema).default({}),
  programs: z.record(z.string().regex(OPERATION), programSchema).default({}).describe('Commands that the brief names'),
  accounts: z
    .strictObject({ register: accountStepSchema, login: accountStepSchema, token: z.string() })
    .optional()
    .describe('How users are made and let in'),
  criteria: z.array(criterionSchema).min(1),
  notGraded: z
    .array(z.strictObject({ covers: z.string(), because: z.string() }))
    .default([])
    .describe('Phrases of the curriculum that no criterion stands for'),
});
export type RubricDocument = z.infer<typeof rubricSchema>;

/** A rubric that was loaded: every reference in it is known to be good. */
export interface Rubric extends RubricDocument {
  /** The folder that it was loaded from, absolute. */
  dir: string;
  /** The smallest good solution, absolute; undefined when the rubric has none. */
  referenceDir: string | undefined;
}

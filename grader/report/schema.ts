import { z } from 'zod';

/**
 * The contract between the engine and everything that reads its result: reporters, `regrade`, batch.
 * Plain JSON. Every text that came from a submission is bounded in size when it is recorded and is
 * data to whoever shows it: escape it for the output at hand.
 */
export const REPORT_SCHEMA_VERSION = 'grade.report/1';

/** Who a lost point belongs to. `dependency`: an earlier criterion failed. `infrastructure` never costs points. */
export const faultSchema = z.enum(['learner', 'timeout', 'out-of-memory', 'dependency', 'infrastructure']);
export type Fault = z.infer<typeof faultSchema>;

const headersSchema = z.record(z.string(), z.string());

/** One HTTP request that the grader sent, and what came back. */
export const exchangeSchema = z.object({
  /** The contract's operation, when the request was one. */
  operation: z.string().optional(),
  request: z.object({
    method: z.string(),
    /** Absolute URL as sent. */
    url: z.string(),
    headers: headersSchema,
    body: z.string().optional(),
  }),
  response: z
    .object({
      status: z.int(),
      headers: headersSchema,
      /** Decoded as UTF-8, cut at the recorder's limit. */
      body: z.string(),
      /** Bytes received, before any cut. */
      bytes: z.int(),
      truncated: z.boolean(),
    })
    .optional(),
  /** Why there is no response: refused, reset, timed out, too large, malformed. */
  error: z.string().optional(),
  durationMs: z.number(),
});
export type Exchange = z.infer<typeof exchangeSchema>;

/** One run of a learner's command. */
export const commandRunSchema = z.object({
  command: z.array(z.string()),
  stdin: z.string().optional(),
  /** null when a signal ended it. */
  exitCode: z.int().nullable(),
  signal: z.string().optional(),
  timedOut: z.boolean(),
  stdout: z.string(),
  stderr: z.string(),
  durationMs: z.number(),
});
export type CommandRun = z.infer<typeof commandRunSchema>;

/** One thing that a check looked at. */
export const assertionSchema = z.object({
  /** What should be true, in words a learner knows: "POST /todos without a title answers 400". */
  title: z.string(),
  ok: z.boolean(),
  expected: z.string().optional(),
  received: z.string().optional(),
  /** Index into `exchanges` or `commands` of the observation: what was sent. */
  exchange: z.int().optional(),
  command: z.int().optional(),
});
export type Assertion = z.infer<typeof assertionSchema>;

/** A number that was measured, with every sample behind it. */
export const measurementSchema = z.object({
  value: z.number(),
  unit: z.string(),
  /** One value a round, in the order measured. */
  samples: z.array(z.number()).default([]),
});
export type Measurement = z.infer<typeof measurementSchema>;

/** A place in the submission. */
export const positionSchema = z.object({
  /** Relative to the submission's root, forward slashes. */
  file: z.string(),
  line: z.int().min(1),
  column: z.int().min(1).optional(),
  message: z.string(),
});
export type Position = z.infer<typeof positionSchema>;

/** A series to draw: latency over percentiles, throughput over rounds. */
export const plotSchema = z.object({
  title: z.string(),
  x: z.object({ label: z.string(), values: z.array(z.union([z.number(), z.string()])) }),
  y: z.object({ label: z.string() }),
  series: z.array(z.object({ name: z.string(), values: z.array(z.number()) })),
});
export type Plot = z.infer<typeof plotSchema>;

/** What a check saw. It knows nothing about points. */
export const observationSchema = z.object({
  assertions: z.array(assertionSchema),
  measurements: z.record(z.string(), measurementSchema),
  exchanges: z.array(exchangeSchema),
  commands: z.array(commandRunSchema),
  positions: z.array(positionSchema),
  plots: z.array(plotSchema),
  /** What the grader assumed or could not look at, in words. */
  notes: z.array(z.string()),
});
export type Observation = z.infer<typeof observationSchema>;

/**
 * The outcome of running one criterion's check:
 * - `observed`: the check ran to its end; the policy decides.
 * - `failed`: the submission kept the check from ending (did not boot, crashed, timed out).
 * - `skipped`: a criterion that it needs had failed, so it was not run.
 * - `errored`: the grader's own trouble; never costs points.
 */
export const evidenceSchema = z.object({
  criterion: z.string(),
  check: z.string(),
  status: z.enum(['observed', 'failed', 'skipped', 'errored']),
  /** Who kept the check from ending, unless `observed`. */
  fault: faultSchema.optional(),
  /** One sentence for the learner, unless `observed`. */
  reason: z.string().optional(),
  /** What to do about it, in the imperative, where that is known. */
  mend: z.string().optional(),
  observation: observationSchema,
  /** The app's last lines while the check ran, oldest first. */
  logs: z.array(z.string()),
  /** Milliseconds since the run began. */
  startMs: z.number(),
  durationMs: z.number(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

/** What one criterion earned, and why. */
export const verdictSchema = z.object({
  /** From 0 to 1; null when not graded. */
  fraction: z.number().min(0).max(1).nullable(),
  /** Points, rounded to two decimals; null when not graded. */
  earned: z.number().min(0).nullable(),
  fault: faultSchema.nullable(),
  /** One sentence: the first thing that was wrong; empty at full marks. */
  reason: z.string(),
});
export type Verdict = z.infer<typeof verdictSchema>;

/** How evidence becomes a fraction; copied from the rubric so that the report explains itself. */
export const policySchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('pass') }),
  z.strictObject({ kind: z.literal('ratio') }),
  z.strictObject({
    kind: z.literal('curve'),
    metric: z.string(),
    /** Points of a piecewise linear curve, by rising metric: [metric value, fraction]. */
    points: z.array(z.tuple([z.number(), z.number().min(0).max(1)])).min(2),
  }),
]);
export type Policy = z.infer<typeof policySchema>;

export const criterionResultSchema = z.object({
  id: z.string(),
  title: z.string(),
  points: z.number(),
  needs: z.array(z.string()),
  policy: policySchema,
  hint: z.string(),
  verdict: verdictSchema,
  evidence: evidenceSchema,
});
export type CriterionResult = z.infer<typeof criterionResultSchema>;

/** Something the grader took for granted about a submission, and where it read it. */
export const assumptionSchema = z.object({ what: z.string(), because: z.string() });
export type Assumption = z.infer<typeof assumptionSchema>;

/** Where one operation was found in the submission, and how it differs from the contract there. */
const boundOperationSchema = z.object({
  /** Method and path in the submission, parameters under the contract's names. */
  request: z.string(),
  /** The same in the contract. */
  contract: z.string(),
  from: z.enum(['contract', 'grade.yaml', 'openapi', 'source', 'probed']),
  /** Where that is written: `src/app.js:12`. */
  at: z.string().optional(),
  /** What is otherwise in its requests and answers, in words. */
  differences: z.array(z.string()),
});

/** How the contract was mapped onto the submission. */
export const bindingSchema = z.object({
  operations: z.record(z.string(), boundOperationSchema),
  /** The header that carries a token, and what stands before it there. */
  token: z.object({ header: z.string(), prefix: z.string() }),
  /** The field in which errors are told, where it is not the contract's. */
  errorField: z.string().optional(),
  /** Why the app was tried before it was graded; empty when its files said it all. */
  rehearsed: z.array(z.string()),
});
export type BindingFacts = z.infer<typeof bindingSchema>;

export const scoreSchema = z.object({
  /** Sum over graded criteria, two decimals. */
  earned: z.number(),
  /** Sum of all criteria's points: it never shrinks. */
  max: z.number(),
  /** Points of criteria that were not graded. */
  notGraded: z.number(),
  /** Points needed to pass. */
  passMark: z.number(),
  /** null when too much was not graded to tell. */
  passed: z.boolean().nullable(),
});
export type Score = z.infer<typeof scoreSchema>;

export const spanSchema = z.object({
  name: z.string(),
  category: z.string(),
  startMs: z.number(),
  durationMs: z.number(),
  lane: z.int(),
});

export const reportSchema = z.object({
  schema: z.literal(REPORT_SCHEMA_VERSION),
  id: z.string(),
  startedAt: z.iso.datetime(),
  durationMs: z.number(),
  grader: z.object({ version: z.string(), node: z.string(), platform: z.string() }),
  rubric: z.object({ id: z.string(), title: z.string(), version: z.string() }),
  submission: z.object({
    /** What to call it: the folder's or the repository's name. */
    name: z.string(),
    commit: z.string().optional(),
    dirty: z.boolean().optional(),
  }),
  runtime: z.string(),
  services: z.array(z.object({ kind: z.string(), provider: z.string(), version: z.string(), detail: z.string() })),
  assumptions: z.array(assumptionSchema),
  /** Absent when the rubric has no contract, and in reports of graders that knew no other way than its own. */
  binding: bindingSchema.optional(),
  /** How the app came up; absent when the rubric needs no app. */
  boot: z
    .object({
      ok: z.boolean(),
      reason: z.string().optional(),
      mend: z.string().optional(),
      fault: faultSchema.optional(),
      /** The kind of mistake that kept the app from starting, where it is known: `missing-variable`, `service-refused`. */
      cause: z.string().optional(),
      /** Where in the submission that shows. */
      evidence: z.array(positionSchema).optional(),
      logs: z.array(z.string()),
      installMs: z.number(),
      bootMs: z.number(),
    })
    .optional(),
  /** Every random value in the run follows from it; give it again with `--seed` to replay. */
  seed: z.string(),
  score: scoreSchema,
  criteria: z.array(criterionResultSchema),
  spans: z.array(spanSchema),
});
export type Report = z.infer<typeof reportSchema>;

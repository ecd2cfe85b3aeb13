import { type CriterionResult, type Report, REPORT_SCHEMA_VERSION, reportSchema } from '../report/schema.ts';
import { sampleCriteria } from './sample/criteria.ts';

/** A run of day-13 with a loss of every kind: for tests and for looking at reports while working on them. */
export function sampleReport(): Report {
  return report(sampleCriteria());
}

/** The same run with full marks and nothing to say. */
export function perfectReport(): Report {
  const criteria = sampleCriteria().map((result): CriterionResult => {
    const { evidence } = result;
    return {
      ...result,
      verdict: { fraction: 1, earned: result.points, fault: null, reason: '' },
      evidence: {
        criterion: evidence.criterion,
        check: evidence.check,
        status: 'observed',
        observation: {
          ...evidence.observation,
          assertions: evidence.observation.assertions.map((assertion) => ({ ...assertion, ok: true })),
          positions: [],
          plots: [],
        },
        logs: [],
        startMs: evidence.startMs,
        durationMs: evidence.durationMs,
      },
    };
  });
  return { ...report(criteria), assumptions: [] };
}

/** The app did not start, so that nothing but the files could be looked at. */
export function bootFailureReport(): Report {
  const reason = 'the app did not start: it exited with code 1 after 0.4 s';
  const criteria = sampleCriteria().map((result): CriterionResult => {
    if (result.id === 'benchmark-script') return result;
    return {
      ...result,
      verdict: { fraction: 0, earned: 0, fault: 'learner', reason },
      evidence: {
        ...result.evidence,
        status: 'failed',
        fault: 'learner',
        reason,
        observation: {
          assertions: [],
          measurements: {},
          exchanges: [],
          commands: [],
          positions: [],
          plots: [],
          notes: [],
        },
        logs: [],
        durationMs: 0,
      },
    };
  });
  return {
    ...report(criteria),
    boot: {
      ok: false,
      reason:
        'The app (node src/server.js) ended before it answered (exit code 1): it can’t find the package "ioredis", which package.json does not list (src/cache.js:3).',
      mend: 'Add it to the dependencies: npm install ioredis',
      fault: 'learner',
      cause: 'missing-module',
      evidence: [{ file: 'src/cache.js', line: 3, message: 'ioredis is asked for here' }],
      logs: [
        'node:internal/modules/esm/resolve:873',
        '  throw new ERR_MODULE_NOT_FOUND(packageName, fileURLToPath(base), null);',
        "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ioredis' imported from /app/src/cache.js",
        '    at packageResolve (node:internal/modules/esm/resolve:873:9)',
        "  code: 'ERR_MODULE_NOT_FOUND'",
        'Node.js v24.21.0',
      ],
      installMs: 4210,
      bootMs: 412,
    },
  };
}

/** The sample with every text replaced, keys included; only what the schema fixes stays. */
export function hostileReport(text: string): Report {
  return reportSchema.parse(replaceTexts(sampleReport(), text, ''));
}

/** Values that the schema fixes, by key; `result` has ids that only need to differ. */
const FIXED = new Set(['schema', 'startedAt', 'status', 'fault', 'kind']);

function replaceTexts(value: unknown, text: string, key: string): unknown {
  if (typeof value === 'string') return FIXED.has(key) ? value : text;
  if (Array.isArray(value)) return value.map((item) => replaceTexts(item, text, key));
  if (typeof value !== 'object' || value === null) return value;
  const record = key === 'headers' || key === 'measurements';
  return Object.fromEntries(
    Object.entries(value).map(([name, item], index) => [
      record ? `${text}${index}` : name,
      replaceTexts(item, text, name),
    ]),
  );
}

function report(criteria: CriterionResult[]): Report {
  const earned = criteria.reduce((sum, { verdict }) => sum + (verdict.earned ?? 0), 0);
  const notGraded = criteria.reduce((sum, { points, verdict }) => sum + (verdict.earned === null ? points : 0), 0);
  return reportSchema.parse({
    schema: REPORT_SCHEMA_VERSION,
    id: '01JD9W2V5Q8K7N3M4P6R8T0VXZ',
    startedAt: '2026-03-14T09:26:53.000Z',
    durationMs: 38_400,
    grader: { version: '0.1.0', node: '24.21.0', platform: 'linux-x64' },
    rubric: { id: 'day-13', title: 'Performance optimisation', version: '1.0.0' },
    submission: { name: 'shop-api', commit: '3f9c2ab81d04e7c6', dirty: true },
    runtime: 'docker',
    services: [
      { kind: 'postgres', provider: 'testcontainers', version: '17.6', detail: 'postgres:17-alpine' },
      { kind: 'redis', provider: 'testcontainers', version: '8.2', detail: 'redis:8-alpine' },
    ],
    assumptions: [
      { what: 'Routes start with /api/v1', because: 'src/app.js mounts its routers there' },
      { what: 'Answers carry their data under "data"', because: 'GET /api/v1/products answered { success, data }' },
    ],
    boot: { ok: true, logs: ['listening on 3000'], installMs: 4210, bootMs: 640 },
    seed: 'b7e151628aed2a6a',
    score: {
      earned,
      max: 100,
      notGraded,
      passMark: 60,
      passed: earned >= 60 ? true : earned + notGraded < 60 ? false : null,
    },
    criteria,
    spans: [
      { name: 'Install dependencies', category: 'install', startMs: 130, durationMs: 4210, lane: 0 },
      { name: 'Start postgres', category: 'services', startMs: 120, durationMs: 2100, lane: 1 },
    ],
  } satisfies Report);
}

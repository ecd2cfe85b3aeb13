import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the server counts, for Prometheus. */
export interface Metrics {
  registry: Registry;
  /** Webhooks by event and what became of them: accepted, replayed, ignored, refused. */
  deliveries: Counter<'event' | 'outcome'>;
  /** Gradings by rubric and how they ended: graded, failed. */
  gradings: Counter<'rubric' | 'outcome'>;
  /** How long gradings take, in seconds. */
  duration: Histogram<'rubric'>;
}

/** @param counts of the queue, read whenever somebody asks */
export function createMetrics(counts: () => { waiting: number; running: number }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'grade_' });
  const jobs = new Gauge({
    name: 'grade_jobs',
    help: 'Jobs in the queue',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { waiting, running } = counts();
      jobs.set({ state: 'waiting' }, waiting);
      jobs.set({ state: 'running' }, running);
    },
  });
  return {
    registry,
    deliveries: new Counter({
      name: 'grade_deliveries_total',
      help: 'Webhook deliveries',
      labelNames: ['event', 'outcome'],
      registers: [registry],
    }),
    gradings: new Counter({
      name: 'grade_gradings_total',
      help: 'Gradings',
      labelNames: ['rubric', 'outcome'],
      registers: [registry],
    }),
    duration: new Histogram({
      name: 'grade_grading_seconds',
      help: 'How long gradings take',
      labelNames: ['rubric'],
      buckets: [5, 10, 20, 30, 60, 120, 300, 600, 1200],
      registers: [registry],
    }),
  };
}

import type { CriterionResult } from '../../report/schema.ts';
import { criterion, exchange, partial } from './parts.ts';

/** A criterion scored along a curve, with measurements and plots. */
export function loadCriterion(): CriterionResult {
  const percentiles = [50, 75, 90, 97.5, 99, 99.9];
  return criterion(
    'sustains-load',
    'Listing products holds up under load',
    15,
    partial(15, 0.65, 'throughputVsReference is 0.59 ×; full marks at 0.8'),
    {
      check: 'http-load',
      policy: {
        kind: 'curve',
        metric: 'throughputVsReference',
        points: [
          [0.2, 0],
          [0.8, 1],
        ],
      },
      hint: 'Keep the first pages of the list in Redis for a few seconds, and ask only for the columns that the list shows.',
      assertions: [
        { title: 'At most 1 % of answers are wrong or missing', ok: true, expected: '≤ 1 %', received: '0.02 %' },
      ],
      measurements: {
        throughput: { value: 2431, unit: 'req/s', samples: [2398, 2431, 2502] },
        throughputVsReference: { value: 0.59, unit: '×', samples: [0.57, 0.59, 0.62] },
        p50: { value: 18.4, unit: 'ms', samples: [18.9, 18.4, 17.8] },
        p99: { value: 74.1, unit: 'ms', samples: [81, 74.1, 70.3] },
        errors: { value: 0.02, unit: '%', samples: [] },
      },
      exchanges: [exchange('GET', '/api/v1/products?page=1&limit=20', 200, '{"success":true,"data":[]}', 12)],
      plots: [
        {
          title: 'Latency by percentile',
          x: { label: 'percentile', values: percentiles },
          y: { label: 'latency (ms)' },
          series: [
            { name: 'your app', values: [18.4, 22.7, 31.2, 55.8, 74.1, 120.6] },
            { name: 'reference', values: [9.8, 11.9, 16.1, 24.4, 33, 58.2] },
          ],
        },
        {
          title: 'Throughput by round',
          x: { label: 'round', values: ['round 1', 'round 2', 'round 3'] },
          y: { label: 'valid answers per second' },
          series: [
            { name: 'your app', values: [2398, 2431, 2502] },
            { name: 'reference', values: [4207, 4120, 4035] },
          ],
        },
      ],
      durationMs: 14_800,
    },
  );
}

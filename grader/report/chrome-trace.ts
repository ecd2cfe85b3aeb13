import type { Report } from './schema.ts';

/**
 * Spans in Chrome's trace event format, for chrome://tracing and Perfetto.
 * Source: "Trace Event Format", complete events (`ph: "X"`), times in microseconds.
 */
export function chromeTrace(spans: Report['spans']): string {
  return JSON.stringify({
    displayTimeUnit: 'ms',
    traceEvents: spans.map(({ name, category, startMs, durationMs, lane }) => ({
      name,
      cat: category,
      ph: 'X',
      ts: Math.round(startMs * 1000),
      dur: Math.round(durationMs * 1000),
      pid: 1,
      tid: lane,
    })),
  });
}

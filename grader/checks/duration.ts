import { z } from 'zod';

const MILLISECONDS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A duration in text, such as `500ms`, `8s`, `2m`, `12h` or `7d`; parsed to milliseconds. */
export const duration = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/, 'a duration looks like 500ms, 8s, 2m, 12h or 7d')
  .transform((text) => Number.parseFloat(text) * MILLISECONDS[text.replace(/^[\d.]+/, '') as keyof typeof MILLISECONDS])
  .meta({ description: 'A duration: 500ms, 8s, 2m, 12h, 7d' });

/** A duration in words, rounded to two digits after the point of the greatest fitting unit: `7 d`, `1.5 h`. */
export function inWords(milliseconds: number): string {
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => Math.abs(milliseconds) >= MILLISECONDS[name]) ?? 'ms';
  return `${Math.round((milliseconds / MILLISECONDS[unit]) * 100) / 100} ${unit}`;
}

/** The middle of some numbers; the mean of the two in the middle where their count is even. @throws {RangeError} on none */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  if (upper === undefined || lower === undefined) throw new RangeError('there is no median of nothing');
  return (lower + upper) / 2;
}

/**
 * How far numbers lie from their median, as a share of it: the median absolute deviation over the median. One
 * disturbed round moves it little. 0 where the median is 0.
 */
export function relativeSpread(numbers: readonly number[]): number {
  const middle = median(numbers);
  return middle === 0 ? 0 : median(numbers.map((number) => Math.abs(number - middle))) / Math.abs(middle);
}

/** The smallest number that at least `percent` of all are not above (nearest rank). @throws {RangeError} on none */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
  if (found === undefined) throw new RangeError('there is no percentile of nothing');
  return found;
}

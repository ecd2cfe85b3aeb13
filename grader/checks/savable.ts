/** Deeper values are not saved: sending or showing them would overflow the grader's own stack. */
const MAX_DEPTH = 30;

/** A part of what a submission answered, when it can be carried on; else undefined, as if it were not there. */
export function savable(value: unknown): unknown {
  return isDeeper(value, MAX_DEPTH) ? undefined : value;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return levels === 0 || Object.values(value).some((item) => isDeeper(item, levels - 1));
}

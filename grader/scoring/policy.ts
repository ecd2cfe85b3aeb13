import type { Observation, Policy } from '../report/schema.ts';

/** What a policy makes of an observation; `null` when the measurement that it needs is not there. */
export function fractionOf(policy: Policy, observation: Observation): number | null {
  const { assertions } = observation;
  const held = assertions.filter((assertion) => assertion.ok).length;
  switch (policy.kind) {
    case 'pass':
      return held === assertions.length ? 1 : 0;
    case 'ratio':
      return assertions.length === 0 ? 1 : held / assertions.length;
    case 'curve': {
      // A number that was reached by wrong answers is worth nothing.
      if (held < assertions.length) return 0;
      const measurement = observation.measurements[policy.metric];
      return measurement === undefined ? null : interpolate(policy.points, measurement.value);
    }
  }
}

/**
 * Piecewise linear interpolation; flat beyond both ends.
 *
 * @param points [x, y] by rising x, at least one
 */
export function interpolate(points: readonly (readonly [number, number])[], x: number): number {
  const upper = points.findIndex(([px]) => px >= x);
  const last = points.at(-1);
  if (last === undefined) throw new RangeError('a curve needs at least one point');
  if (upper === -1) return last[1];
  const [x1, y1] = points[upper] ?? last;
  const before = points[upper - 1];
  if (before === undefined || x1 === x) return y1;
  const [x0, y0] = before;
  return y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}

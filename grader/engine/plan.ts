/** What planning needs to know of a criterion. */
export interface Plannable {
  id: string;
  needs: readonly string[];
  /** Runs while nothing else does. */
  alone: boolean;
  /** Runs after everything that does not need it. */
  disruptive: boolean;
}

/** Criteria that may run side by side. */
export type Stage<Item extends Plannable> = Item[];

/**
 * Orders criteria into stages: what a criterion needs lies in an earlier stage; one that runs alone has
 * a stage of its own, as late as possible, so that everything cheap is known before anything is put
 * under load; disruptive ones come last.
 *
 * @throws {RangeError} on a circular or missing `needs`; rubric/load refuses such a rubric before
 */
export function plan<Item extends Plannable>(criteria: readonly Item[]): Stage<Item>[] {
  const stages: Stage<Item>[] = [];
  const placed = new Set<string>();
  let waiting = [...criteria];
  while (waiting.length > 0) {
    const ready = waiting.filter((item) => item.needs.every((need) => placed.has(need)));
    const sideBySide = ready.filter((item) => !item.alone && !item.disruptive);
    const next = ready.find((item) => !item.disruptive) ?? ready[0];
    const stage = sideBySide.length > 0 ? sideBySide : next ? [next] : [];
    if (stage.length === 0)
      throw new RangeError(`circular or missing needs among ${waiting.map((item) => item.id).join(', ')}`);
    stages.push(stage);
    for (const item of stage) placed.add(item.id);
    waiting = waiting.filter((item) => !placed.has(item.id));
  }
  return stages;
}

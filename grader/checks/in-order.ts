/**
 * Runs steps one after the other and stops at the first one that fails, unless it is `independent`.
 *
 * @param run whether a step held
 * @param untried notes the assertions of a step that was not run as failed, so that stopping early earns nothing
 * @returns whether every step held
 */
export async function inOrder<Step extends { independent?: true | undefined }>(
  steps: readonly Step[],
  run: (step: Step) => Promise<boolean>,
  untried: (step: Step, reason: string) => void,
): Promise<boolean> {
  let allHeld = true;
  for (const [i, step] of steps.entries()) {
    const held = await run(step);
    allHeld &&= held;
    if (held || step.independent) continue;
    for (const later of steps.slice(i + 1)) untried(later, 'not tried, because an earlier step failed');
    break;
  }
  return allHeld;
}

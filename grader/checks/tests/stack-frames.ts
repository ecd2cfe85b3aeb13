/** A place in a file, as a stack names it. */
export interface Frame {
  /** As it stands in the stack: absolute, relative, or a file URL without its scheme. */
  path: string;
  line: number;
  column: number;
}

/** `    at Object.toBe (/app/test/a.test.js:4:20)`, `    at file:///app/test/a.test.js:4:20`. */
const FRAME =
  /^\s+at (?:.* \()?(?:async )?(?:file:\/\/)?(?<path>[^\s():][^():]*):(?<line>\d{1,7}):(?<column>\d{1,7})\)?$/;
const MAX_FRAMES = 500;

/** The frames of every stack in a text, stack by stack, in the order that they were printed. */
export function stacksIn(text: string): Frame[][] {
  const stacks: Frame[][] = [];
  let inStack = false;
  let count = 0;
  for (const line of text.split('\n')) {
    if (!/^\s+at \S/.test(line)) {
      inStack = false;
      continue;
    }
    if (!inStack) stacks.push([]);
    inStack = true;
    const { path, line: number, column } = FRAME.exec(line)?.groups ?? {};
    if (path === undefined || ++count > MAX_FRAMES) continue;
    stacks.at(-1)?.push({ path, line: Number(number), column: Number(column) });
  }
  return stacks;
}

/**
 * The file of a submission that a frame names, by the end of its path: where the sandbox keeps the submission is
 * no matter of the grader's. What lies among installed packages is none.
 *
 * @param files from the submission's root, with forward slashes
 */
export function fileOf({ path }: Frame, files: readonly string[]): string | undefined {
  if (path.includes('/node_modules/') || path.startsWith('node:')) return undefined;
  const whole = `/${path.replace(/^\.?\//, '')}`;
  return files.filter((file) => whole.endsWith(`/${file}`)).toSorted((a, b) => b.length - a.length)[0];
}

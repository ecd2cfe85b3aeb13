import { type Cause, type Facts, NO_FACTS, type Pattern } from './causes/cause.ts';
import { MACHINE_PATTERNS } from './causes/machine.ts';
import { MODULE_PATTERNS } from './causes/modules.ts';
import { placeIn, where } from './causes/place.ts';
import { SERVICE_PATTERNS } from './causes/services.ts';
import { SETTING_PATTERNS } from './causes/settings.ts';

export type { Cause, Facts } from './causes/cause.ts';
export { NO_FACTS } from './causes/cause.ts';

/** Any error, as it was printed: when nothing says more. */
const ANY_ERROR: Pattern = {
  pattern: /((?:[A-Z]\w{0,40})?Error(?: \[\w{1,60}\])?: .{1,300})/,
  explain: ([, message = ''], { lines, at, facts }) => {
    const places = placeIn(lines, at, facts, 'it was thrown here');
    return {
      kind: 'error',
      cause: `${message.replace(/[.\s]+$/, '')}${where(places)}`,
      mend: 'Start it on your machine as the grader does (npm ci, then its start command) and look at the log.',
      places,
    };
  },
};

/** The most telling first. */
const PATTERNS: readonly Pattern[] = [
  ...MODULE_PATTERNS,
  ...MACHINE_PATTERNS,
  ...SETTING_PATTERNS.slice(0, -2),
  ...SERVICE_PATTERNS,
  ...SETTING_PATTERNS.slice(-2),
  ANY_ERROR,
];

/** The likely cause that the log names; undefined when it names none. */
export function causeIn(lines: readonly string[], facts: Facts = NO_FACTS): Cause | undefined {
  for (const { pattern, explain } of PATTERNS) {
    for (const [at, line] of lines.entries()) {
      const match = pattern.exec(line);
      const cause = match === null ? undefined : explain(match, { lines, at, facts });
      if (cause !== undefined) return cause;
    }
  }
  return undefined;
}

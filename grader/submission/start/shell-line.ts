/** One word of a command line. */
export interface Word {
  /** As it is written, with its quotes. */
  raw: string;
  /** What the shell makes of it, apart from variables. */
  value: string;
}

/** One command of a line, with what joins it to the next. */
export interface Step {
  /** Assignments before the command: `NODE_ENV=production`. */
  env: Word[];
  words: Word[];
  joint: '&&' | '||' | ';' | '|' | '&' | '';
}

const JOINTS = ['&&', '||', ';', '|', '&'] as const;

/**
 * Takes a line of a script apart; undefined for what goes beyond words and joints (subshells, substitutions,
 * blocks, open quotes), which is left to the shell.
 */
export function parseLine(line: string): Step[] | undefined {
  const steps: Step[] = [];
  let words: Word[] = [];
  let raw = '';
  let value = '';
  const endWord = () => {
    if (raw !== '') words.push({ raw, value });
    raw = value = '';
  };
  const endStep = (joint: Step['joint']) => {
    endWord();
    if (words.length > 0) steps.push(stepOf(words, joint));
    words = [];
  };
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at);
    if (/[`(){}\n]/.test(character)) return undefined;
    const joint = JOINTS.find((one) => line.startsWith(one, at));
    if (joint !== undefined && !(joint === '&' && /[<>]$/.test(raw))) {
      endStep(joint);
      at += joint.length - 1;
    } else if (/\s/.test(character)) endWord();
    else if (character === '\\' && at + 1 < line.length) {
      raw += line.slice(at, at + 2);
      value += line.charAt(++at);
    } else if (character === '"' || character === "'") {
      const end = closing(line, at);
      if (end === -1) return undefined;
      raw += line.slice(at, end + 1);
      const inner = line.slice(at + 1, end);
      if (character === '"' && /`|\$\(/.test(inner)) return undefined;
      value += character === '"' ? inner.replaceAll(/\\(["\\$`])/g, '$1') : inner;
      at = end;
    } else {
      raw += character;
      value += character;
    }
  }
  endStep('');
  return steps;
}

/** The line of these steps. */
export function formatSteps(steps: readonly Step[]): string {
  return steps
    .map(({ env, words, joint }, index) => {
      const text = [...env, ...words].map(({ raw }) => raw).join(' ');
      return index === steps.length - 1 ? text : `${text}${joint === ';' ? ';' : ` ${joint}`}`;
    })
    .join(' ');
}

/** A word that the shell takes for itself. */
export function wordOf(value: string): Word {
  return { raw: /^[\w@%+,./:=-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`, value };
}

function closing(line: string, at: number): number {
  const quote = line.charAt(at);
  for (let end = at + 1; end < line.length; end++) {
    if (line.charAt(end) === quote) return end;
    if (quote === '"' && line.charAt(end) === '\\') end++;
  }
  return -1;
}

function stepOf(words: readonly Word[], joint: Step['joint']): Step {
  const first = words.findIndex(({ raw }) => !/^[A-Za-z_]\w*=/.test(raw));
  const split = first === -1 ? words.length : first;
  return { env: words.slice(0, split), words: words.slice(split), joint };
}

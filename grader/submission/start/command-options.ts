import type { Word } from './shell-line.ts';

/** Options of node, tsx, nodemon and their like that take the next word as their value. */
export const WITH_VALUE =
  /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--env-file|--env-file-if-exists|-P|--project|--tsconfig|-O|--compiler-options|--watch-path|-T|-w|--watch|-e|--ext|-i|--ignore|-d|--delay|-s|--signal|--config|-x|--exec|--cwd|-n|--name|--max-old-space-size|-f)$/;

/** From the first word that is neither an option nor an option's value; undefined when there is none. */
export function afterOptions(words: readonly Word[]): Word[] | undefined {
  for (let at = 0; at < words.length; at++) {
    const value = words[at]?.value ?? '';
    if (!value.startsWith('-')) return words.slice(at);
    if (WITH_VALUE.test(value)) at++;
  }
  return undefined;
}

/** Without the options that `flags` names, and the values that follow them. */
export function withoutFlags(words: readonly Word[], flags: RegExp): Word[] {
  return words.filter(({ value }, index) => {
    const before = words[index - 1]?.value ?? '';
    return (
      !flags.test(value) &&
      !(flags.test(before) && WITH_VALUE.test(before) && !value.startsWith('-') && !/\.[cm]?[jt]s$/.test(value))
    );
  });
}

import type { Visit } from '../../platform/syntax.ts';

/** A small mistake at one place of a text. */
export interface Change {
  /** The part of the text that is replaced, by offsets. */
  start: number;
  end: number;
  replacement: string;
  /** What was done, in words: "`===` became `!==`". */
  what: string;
  /** The part that a test must have run for the mistake to be able to show; the visited node unless given. */
  shows?: { start: number; end: number };
}

/** One kind of mistake that people really make. */
export interface Operator {
  /** In words, for the evidence. */
  name: string;
  /** The mistakes of this kind at one node of a syntax tree. */
  changes(place: Visit, text: string): readonly Change[];
}

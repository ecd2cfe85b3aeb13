import type { TokenWay } from './binding.ts';

/** What an app's source shows of how it speaks, without saying it outright. */
export interface SourceSigns {
  /** Every word of the code: names, and words in texts. */
  words: ReadonlySet<string>;
  /** The fields of objects that answers are made of, as far as they stand in the code. */
  answerFields: ReadonlySet<string>;
  /** Fields that are taken from bodies, by the place where they are. */
  bodies: readonly (readonly string[])[];
  /** Whether things are kept in MongoDB, whose ids are called `_id`. */
  mongo: boolean;
  /** Whether the code makes an `id` of something. */
  makesId: boolean;
  /** Whether the code makes an object with a `token`, whoever answers with it. */
  makesToken: boolean;
  /** How tokens are read, each way once, the likeliest first. */
  tokenWays: readonly TokenWay[];
}

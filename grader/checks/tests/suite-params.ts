import { z } from 'zod';

const globs = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => [value].flat());

/** Which files are the learner's source. */
export const sourceGlobs = {
  files: globs
    .default(['src/**'])
    .describe('Globs of the source, from the app’s folder; tests, settings and build output never count'),
  except: globs.default([]).describe('Globs of source files that don’t count, such as src/server.*'),
};

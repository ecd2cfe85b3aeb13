import { z } from 'zod';

const commit = z.string().regex(/^[0-9a-f]{40,64}$/);

/** A commit to grade, wherever the work is done. */
export const jobSchema = z.strictObject({
  /** The same for the same request, so that it is taken once. */
  id: z.string().min(1).max(200),
  repository: z.strictObject({ owner: z.string(), name: z.string(), cloneUrl: z.url() }),
  commit,
  /** What the change is counted from; without it, everything is new. */
  base: commit.optional(),
  /** The only rubric to grade by; without it, those that the change touches. */
  rubric: z.string().optional(),
  /** The GitHub App's installation, from which tokens come. */
  installation: z.int(),
});

export type Job = z.infer<typeof jobSchema>;

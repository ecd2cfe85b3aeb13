import envPaths from 'env-paths';
import { z } from 'zod';
import { UsageError } from './platform/errors.ts';
import type { ServiceKind } from './target/target.ts';

const image = z.string().min(1).optional();
/** One URL, or several separated by spaces where each app needs a server of its own. */
const urls = z
  .string()
  .refine((text) => text.split(/\s+/).every((url) => URL.canParse(url)), 'is not a URL')
  .optional();

/** Every environment variable of grade's own. Parsed once, in the entry points; empty counts as unset. */
const environmentSchema = z.object({
  GRADE_IMAGE_POSTGRES: image,
  GRADE_IMAGE_MONGO: image,
  GRADE_IMAGE_REDIS: image,
  GRADE_IMAGE_NODE: image,
  GRADE_POSTGRES_URL: urls,
  GRADE_MONGO_URL: urls,
  GRADE_REDIS_URL: urls,
  GRADE_CACHE_DIR: z.string().optional(),
  GRADE_LOG: z.enum(['silent', 'error', 'warn', 'info', 'debug', 'trace']).default('silent'),
});

/** What the machine and its owner say, as against what the command line says. */
export interface Settings {
  /** Container images by what they run; the defaults are the official ones. */
  images: { [Kind in ServiceKind | 'node']?: string };
  /** Where `external` services are. */
  urls: { [Kind in ServiceKind]?: string };
  /** Downloaded servers and installed dependencies, absolute; safe to delete. */
  cacheDir: string;
  logLevel: z.infer<typeof environmentSchema>['GRADE_LOG'];
  /** The whole environment, for tools that the grader itself runs (npm, apt); never for learner code. */
  environment: Readonly<Record<string, string | undefined>>;
}

/** @throws {UsageError} naming each variable that is not as it should be */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const filled = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(filled);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new UsageError(`the environment is not as it should be: ${problems.join('; ')}`, {
      mend: 'Correct or unset the variables named.',
    });
  }
  const env = parsed.data;
  return {
    images: defined<ServiceKind | 'node'>({
      postgres: env.GRADE_IMAGE_POSTGRES,
      mongo: env.GRADE_IMAGE_MONGO,
      redis: env.GRADE_IMAGE_REDIS,
      node: env.GRADE_IMAGE_NODE,
    }),
    urls: defined<ServiceKind>({
      postgres: env.GRADE_POSTGRES_URL,
      mongo: env.GRADE_MONGO_URL,
      redis: env.GRADE_REDIS_URL,
    }),
    cacheDir: env.GRADE_CACHE_DIR ?? envPaths('grade', { suffix: '' }).cache,
    logLevel: env.GRADE_LOG,
    environment,
  };
}

function defined<Key extends string>(entries: Record<Key, string | undefined>): { [K in Key]?: string } {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined)) as {
    [K in Key]?: string;
  };
}

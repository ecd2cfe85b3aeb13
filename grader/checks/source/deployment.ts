import { z } from 'zod';
import { type CheckContext, defineCheck } from '../check.ts';
import { duration } from '../duration.ts';
import { type Internet, smokeTest } from './deployed-url.ts';
import { fileRequirements, lookAtFiles } from './source-file.ts';

const params = z.strictObject({
  files: fileRequirements.describe('What the files must be like, as for source-file'),
  ask: z
    .string()
    .regex(/^\/\S*$/, 'a path begins with /')
    .describe('The path that is asked at the deployedUrl of grade.yaml, where there is one'),
  timeout: duration.default(70_000).describe('The longest that the deployment may take; sleeping ones have to wake up'),
});
type Params = z.infer<typeof params>;

/**
 * What a platform needs to run the app; and where the learner says that one does (`deployedUrl`), whether it answers
 * there. It is the only check that asks something else than the app in the sandbox, so no point depends on what may be
 * the network's fault: without a URL, or when nobody answers, there is a note.
 */
export const check = defineCheck<Params>({
  id: 'deployment',
  summary: 'Looks at the files that a platform reads, and asks the learner’s deployment, where grade.yaml names one',
  params,
  inputs: ['files'],
  timeoutMs: 120_000,
  async run(context, given) {
    await lookAtFiles(context, given.files);
    await askDeployment(context, given);
  },
});

/** @param internet for tests, in which the deployment is on this machine */
export async function askDeployment(
  { record, target, signal }: CheckContext,
  { ask, timeout }: Pick<Params, 'ask' | 'timeout'>,
  internet?: Internet,
): Promise<void> {
  const { deployedUrl } = target.files;
  if (deployedUrl === undefined) return;
  const url = new URL(ask, deployedUrl).href;
  const seen = await smokeTest(url, { timeoutMs: timeout, signal, ...(internet === undefined ? {} : { internet }) });
  if (seen.kind === 'silent') {
    record.note(`Nobody answered GET ${seen.url} (${seen.reason}). It costs nothing: the fault may be the network’s.`);
    return;
  }
  const expected = `a status below 400 for GET ${url}, from a server in the internet`;
  if (seen.kind === 'private') {
    const received = `${seen.url} is an address of one’s own machine or of a private network: nobody else can reach it`;
    record.assert('the deployment answers', false, { expected, received });
    return;
  }
  record.assert('the deployment answers', seen.status < 400, {
    expected,
    received: `${seen.status} ${seen.body}`.trim(),
  });
  record.note(`GET ${seen.url} answered ${seen.status} in ${(seen.durationMs / 1000).toFixed(1)} s.`);
}

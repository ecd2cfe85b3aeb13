import { App, Octokit } from 'octokit';
import { InfrastructureError, messageOf } from '../platform/errors.ts';
import type { TokenSource } from '../reporters/github-check/client.ts';
import type { ServeConfig } from './config.ts';

/** Short-lived tokens of a GitHub App, for one installation each. */
export type InstallationTokens = (installation: number) => TokenSource;

/** Tokens are kept until they expire, an hour; GitHub counts how many are asked for. */
export function installationTokens({
  appId,
  privateKey,
  apiUrl,
}: Pick<ServeConfig, 'appId' | 'privateKey' | 'apiUrl'>): InstallationTokens {
  const app = new App({ appId, privateKey, Octokit: Octokit.defaults({ baseUrl: apiUrl, userAgent: 'grade' }) });
  const ask = async (installationId: number, refresh: boolean): Promise<string> => {
    try {
      const answer = (await app.octokit.auth({ type: 'installation', installationId, refresh })) as { token: string };
      return answer.token;
    } catch (error) {
      throw new InfrastructureError(`GitHub gave no token for installation ${installationId}: ${messageOf(error)}`, {
        mend: 'See whether the App is still installed there, and whether GRADE_APP_ID and the private key belong together.',
        cause: error,
      });
    }
  };
  return (installation) => ({ token: () => ask(installation, false), renew: () => ask(installation, true) });
}

import type { PackageManager, Submission } from '../submission.ts';

/** Which package manager a submission is made for, and why. */
export function packageManagerOf(_submission: Submission): { name: PackageManager } {
  return { name: 'npm' };
}

/** Webhook payloads as GitHub sends them, cut down to a tenth: https://docs.github.com/webhooks/webhook-events-and-payloads */

export const AFTER = 'a'.repeat(40);
export const BEFORE = 'b'.repeat(40);

const common = (cloneUrl: string) => ({
  repository: {
    id: 1,
    name: 'backend',
    full_name: 'ada/backend',
    private: true,
    owner: { login: 'ada', id: 2, name: 'ada' },
    clone_url: cloneUrl,
    default_branch: 'main',
  },
  sender: { login: 'ada', id: 2 },
  installation: { id: 7, node_id: 'x' },
});

const CLONE_URL = 'https://git.example/ada/backend.git';

export function push(fields: Record<string, unknown> = {}, cloneUrl = CLONE_URL) {
  return {
    ref: 'refs/heads/main',
    before: BEFORE,
    after: AFTER,
    created: false,
    deleted: false,
    forced: false,
    commits: [{ id: AFTER, message: 'Day 13', added: [], removed: [], modified: ['day-13/app.js'] }],
    ...common(cloneUrl),
    ...fields,
  };
}

export function pullRequest({ from, action = 'synchronize' }: { from: string; action?: string }) {
  return {
    action,
    number: 3,
    pull_request: {
      number: 3,
      head: { ref: 'work', sha: AFTER, repo: { full_name: from } },
      base: { ref: 'main', sha: BEFORE, repo: { full_name: 'ada/backend' } },
    },
    ...common(CLONE_URL),
  };
}

export function checkRun(
  {
    action,
    identifier = 'grade-again',
    sha = AFTER,
    rubric = 'day-13',
  }: { action: string; identifier?: string; sha?: string; rubric?: string },
  cloneUrl = CLONE_URL,
) {
  return {
    action,
    check_run: { id: 5, name: `Grade / ${rubric}`, head_sha: sha, external_id: `x:${rubric}`, status: 'completed' },
    ...(action === 'requested_action' ? { requested_action: { identifier } } : {}),
    ...common(cloneUrl),
  };
}

export function checkSuite({ action }: { action: string }) {
  return {
    action,
    check_suite: { id: 6, head_sha: AFTER, before: BEFORE, after: AFTER, head_branch: 'main' },
    ...common(CLONE_URL),
  };
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { jobOf } from './events.ts';
import * as payloads from './sample-payloads.ts';

describe('what a webhook asks for', () => {
  const { push, pullRequest, checkRun, checkSuite, AFTER, BEFORE } = payloads;

  test('a push: its last commit, counted from what was there before', () => {
    assert.deepEqual(jobOf('push', push(), 'id'), {
      id: 'id',
      repository: { owner: 'ada', name: 'backend', cloneUrl: 'https://git.example/ada/backend.git' },
      commit: AFTER,
      base: BEFORE,
      installation: 7,
    });
  });

  test('a new branch: everything is new', () => {
    assert.equal(jobOf('push', push({ before: '0'.repeat(40) }), 'id')?.base, undefined);
  });

  test('nothing for a tag or a branch that was deleted', () => {
    assert.equal(jobOf('push', push({ ref: 'refs/tags/v1' }), 'id'), undefined);
    assert.equal(jobOf('push', push({ deleted: true, after: '0'.repeat(40) }), 'id'), undefined);
  });

  test('a pull request from a fork: its head, by commit', () => {
    const job = jobOf('pull_request', pullRequest({ from: 'eve/backend' }), 'id');
    assert.deepEqual([job?.commit, job?.base, job?.repository.owner], [AFTER, BEFORE, 'ada']);
  });

  test('nothing for one from a branch of its own, which was pushed, or for a changed title', () => {
    assert.equal(jobOf('pull_request', pullRequest({ from: 'ada/backend' }), 'id'), undefined);
    assert.equal(jobOf('pull_request', pullRequest({ from: 'eve/backend', action: 'edited' }), 'id'), undefined);
  });

  test('“Grade again” and “Re-run”: this commit by this rubric', () => {
    for (const action of ['rerequested', 'requested_action']) {
      const job = jobOf('check_run', checkRun({ action }), 'id');
      assert.deepEqual([job?.commit, job?.rubric, job?.base], [AFTER, 'day-13', undefined]);
    }
  });

  test('nothing for other actions, or another App’s button', () => {
    assert.equal(jobOf('check_run', checkRun({ action: 'completed' }), 'id'), undefined);
    assert.equal(jobOf('check_run', checkRun({ action: 'requested_action', identifier: 'fix-it' }), 'id'), undefined);
  });

  test('“Re-run all”: everything that the push touched', () => {
    const job = jobOf('check_suite', checkSuite({ action: 'rerequested' }), 'id');
    assert.deepEqual([job?.commit, job?.base, job?.rubric], [AFTER, BEFORE, undefined]);
    assert.equal(jobOf('check_suite', checkSuite({ action: 'requested' }), 'id'), undefined);
  });

  test('nothing for an event that nobody asked for', () => {
    assert.equal(jobOf('star', { anything: true }, 'id'), undefined);
  });

  test('a payload of another shape is refused', () => {
    assert.throws(() => jobOf('push', { ...push(), after: '$(id)' }, 'id'));
    assert.throws(() => jobOf('push', { ...push(), installation: undefined }, 'id'));
    assert.throws(() => jobOf('push', [], 'id'));
  });
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { tempDir } from '../platform/temp-dir.ts';
import { openQueue, type QueueOptions } from './queue.ts';

interface Job {
  id: string;
}
const schema = z.strictObject({ id: z.string() });

function queueIn(file: string, work: QueueOptions<Job>['work'], options: Partial<QueueOptions<Job>> = {}) {
  return openQueue<Job>({
    file,
    schema,
    concurrency: 2,
    work,
    signal: new AbortController().signal,
    onFailure: () => {},
    ...options,
  });
}

describe('the queue', () => {
  test('does each job once, and keeps to its number of hands', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    const done: string[] = [];
    let most = 0;
    let running = 0;
    // The first waits for a second beside it.
    const met = Promise.withResolvers<void>();
    await using queue = await queueIn(file, async ({ id }) => {
      most = Math.max(most, ++running);
      if (running === 2) met.resolve();
      await met.promise;
      await new Promise(setImmediate);
      running--;
      done.push(id);
    });
    const ids = Array.from({ length: 500 }, (_, index) => `job-${index}`);
    const taken = await Promise.all([...ids, ...ids].map((id) => queue.add({ id })));
    assert.equal(taken.filter(Boolean).length, 500);
    while (queue.counts.running + queue.counts.waiting > 0) await new Promise(setImmediate);
    assert.deepEqual(done.toSorted(), ids.toSorted());
    assert.equal(most, 2);
  });

  test('a job that fails is told, and is not tried again', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    const failures: string[] = [];
    const failing = async () => {
      throw new Error('no');
    };
    {
      await using queue = await queueIn(file, failing, {
        onFailure: ({ id }, error) => void failures.push(`${id}: ${String(error)}`),
      });
      await queue.add({ id: 'a' });
    }
    const again: string[] = [];
    await using queue = await queueIn(file, async ({ id }) => void again.push(id));
    assert.equal(await queue.add({ id: 'a' }), false);
    assert.deepEqual(failures, ['a: Error: no']);
    assert.deepEqual(again, []);
  });

  test('what waits when it is closed is done after the next start, and what was interrupted too', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    const stop = new AbortController();
    const begun = Promise.withResolvers<void>();
    {
      await using queue = await queueIn(
        file,
        () => {
          begun.resolve();
          return new Promise((_, reject) => stop.signal.addEventListener('abort', () => reject(stop.signal.reason)));
        },
        { concurrency: 1, signal: stop.signal },
      );
      await queue.add({ id: 'running' });
      await queue.add({ id: 'waiting' });
      await begun.promise;
      const drained = queue.drain();
      await assert.rejects(queue.add({ id: 'late' }), /takes no more/);
      stop.abort(new Error('stopping'));
      await drained;
    }
    const done: string[] = [];
    {
      await using queue = await queueIn(file, async ({ id }) => void done.push(id), { concurrency: 1 });
      while (queue.counts.running + queue.counts.waiting > 0) await new Promise(setImmediate);
    }
    assert.deepEqual(done.toSorted(), ['running', 'waiting']);
  });

  test('nothing that was accepted is lost when the process is killed', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    // It accepts, says so, begins, and never ends.
    const script = `
      const { openQueue } = await import(${JSON.stringify(new URL('./queue.ts', import.meta.url).href)});
      const { z } = await import(${JSON.stringify(import.meta.resolve('zod'))});
      const queue = await openQueue({ file: ${JSON.stringify(file)}, schema: z.strictObject({ id: z.string() }),
        concurrency: 1, work: () => new Promise(() => setInterval(() => {}, 1000)), signal: new AbortController().signal, onFailure() {} });
      for (const id of ['a', 'b', 'c']) { await queue.add({ id }); console.log(id); }
      queue.add({ id: 'd' });`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const accepted: string[] = [];
    for await (const line of createInterface(child.stdout)) if (accepted.push(line) === 3) break;
    child.kill('SIGKILL');
    await once(child, 'exit');
    // The kill came in the middle of a write.
    await appendFile(file, '{"taken":{"id":"ha');

    const done: string[] = [];
    await using queue = await queueIn(file, async ({ id }) => void done.push(id));
    while (queue.counts.running + queue.counts.waiting > 0) await new Promise(setImmediate);
    for (const id of accepted) assert.ok(done.includes(id), `${id} was done`);
    assert.equal(new Set(done).size, done.length);
  });

  test('a job that keeps ending the process is given up', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    await appendFile(
      file,
      '{"taken":{"id":"poison"}}\n{"started":"poison"}\n{"started":"poison"}\n{"started":"poison"}\n',
    );
    const [failures, done]: string[][] = [[], []];
    await using queue = await queueIn(file, async ({ id }) => void done?.push(id), {
      onFailure: (_, error) => void failures?.push(String(error)),
    });
    assert.equal(await queue.add({ id: 'poison' }), false);
    assert.deepEqual(failures, ['Error: given up: the process ended 3 times while it was being done']);
    assert.deepEqual(done, []);
  });

  test('its file holds what is open, not everything that ever was', async () => {
    await using dir = await tempDir('queue');
    const file = join(dir.path, 'jobs');
    const lines = Array.from({ length: 12_000 }, (_, index) => `{"taken":{"id":"${index}"}}\n{"done":"${index}"}\n`);
    await appendFile(file, lines.join(''));
    await using queue = await queueIn(file, async () => {});
    assert.equal((await readFile(file, 'utf8')).split('\n').length, 10_001);
    assert.equal(await queue.add({ id: '11999' }), false);
    assert.equal((await stat(file)).mode & 0o077, 0, 'nobody else reads it');
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { runCommand, startProcess } from './process.ts';
import { marked } from './process-table.ts';
import { tempDir } from './temp-dir.ts';

const env = { PATH: '/usr/bin:/bin' };
const node = (script: string) => [process.execPath, '-e', script];
const linux = process.platform === 'linux' ? false : 'needs /proc';

describe('runCommand', () => {
  test('gives the exit code and both outputs', async () => {
    const result = await runCommand(
      node('process.stdout.write("out"); process.stderr.write("err"); process.exitCode = 3'),
      { env },
    );
    assert.deepEqual(
      {
        exitCode: result.exitCode,
        signal: result.signal,
        timedOut: result.timedOut,
        stdout: result.stdout,
        stderr: result.stderr,
      },
      { exitCode: 3, signal: undefined, timedOut: false, stdout: 'out', stderr: 'err' },
    );
  });

  test('passes stdin, and an empty one when none is given', async () => {
    assert.equal((await runCommand(['cat'], { env, stdin: 'hello' })).stdout, 'hello');
    assert.equal((await runCommand(['cat'], { env })).stdout, '');
  });

  test('inherits nothing from the grader', async () => {
    process.env['GRADE_TEST_SECRET'] = 'leak';
    const result = await runCommand(['env'], { env: { A: '1' } });
    assert.deepEqual(
      result.stdout.split('\n').filter((line) => !line.startsWith('INVOCATION_ID=') && line !== ''),
      ['A=1'],
    );
  });

  test('a command that does not exist is a result, not an exception', async () => {
    const result = await runCommand(['/no/such/file'], { env });
    assert.equal(result.exitCode, null);
    assert.equal(result.spawnError, 'ENOENT');
  });

  test('keeps the first and the last part of endless output', async () => {
    const result = await runCommand(node('process.stdout.write("A".repeat(5e6) + "Z")'), { env, outputBytes: 100 });
    assert.match(result.stdout, /^A{50}\n… \d+ bytes left out …\nA{49}Z$/);
  });

  test('kills the whole tree at the timeout, also children that ignore SIGTERM', async () => {
    const child = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3)`;
    const result = await runCommand(
      node(
        `process.on('SIGTERM', () => {}); require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' }); setInterval(() => {}, 1e3)`,
      ),
      { env, timeoutMs: 300 },
    );
    assert.equal(result.timedOut, true);
    assert.equal(result.signal, 'SIGKILL');
  });

  test('killAfterMs ends it by SIGKILL without calling it a timeout', async () => {
    const result = await runCommand(node('setInterval(() => {}, 1e3)'), { env, killAfterMs: 50 });
    assert.deepEqual([result.signal, result.timedOut], ['SIGKILL', false]);
  });

  test('an abort kills the tree and is thrown', async () => {
    const controller = new AbortController();
    const running = runCommand(node('setInterval(() => {}, 1e3)'), { env, signal: controller.signal });
    controller.abort(new Error('stop now'));
    await assert.rejects(running, /stop now/);
  });

  test('returns though a background child keeps the pipes open, and ends that child', { skip: linux }, async () => {
    await using dir = await tempDir('process');
    const result = await runCommand(['sh', '-c', `sleep 600 & echo $! > ${join(dir.path, 'pid')}`], { env });
    assert.equal(result.exitCode, 0);
    assert.equal(await state(await readFile(join(dir.path, 'pid'), 'utf8')), 'gone');
  });
});

describe('startProcess', () => {
  test('disposal ends daemons that left the process group', { skip: linux }, async () => {
    const daemon = `require('child_process').spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref(); console.log('ready'); process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3)`;
    let marker = '';
    {
      let ready = () => {};
      const waiting = new Promise<void>((resolve) => (ready = resolve));
      await using child = startProcess(node(daemon), { env, onOutput: () => ready() });
      marker = child.marker;
      await waiting;
      assert.equal((await marked(marker)).length, 2);
      await child.stop(50);
    }
    assert.deepEqual(await marked(marker), []);
  });

  test('what still runs when the grader itself exits is killed', { skip: linux }, async () => {
    const module = new URL('./process.ts', import.meta.url).href;
    const grader = startProcess(
      [
        process.execPath,
        '--input-type=module',
        '-e',
        `const { startProcess } = await import(${JSON.stringify(module)}); const child = startProcess(['sleep', '600'], { env: {} }); console.log(child.marker); setImmediate(() => process.exit(0))`,
      ],
      { env, onOutput: (stream, chunk) => stream === 'stdout' && events.emit('line', chunk.toString()) },
    );
    const { EventEmitter } = await import('node:events');
    const events = new EventEmitter();
    const [marker] = (await once(events, 'line')) as [string];
    await grader.exited;
    assert.deepEqual(await marked(marker.trim()), []);
    await grader.stop(0);
  });
});

async function state(pid: string): Promise<string> {
  const status = await readFile(`/proc/${pid.trim()}/status`, 'utf8').catch(() => '');
  return status === '' || /State:\s+Z/.test(status) ? 'gone' : status;
}

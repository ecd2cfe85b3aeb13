import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InfrastructureError } from '../platform/errors.ts';
import { testOptions } from './conformance/options.ts';
import type { ServiceKind, ServiceProvider, StartedService } from './service.ts';
import { startServices } from './start.ts';

/** A provider that notes what it does; kinds in `broken` do not start. */
function notingProvider(log: string[], broken: readonly ServiceKind[] = []): ServiceProvider {
  return {
    name: 'external',
    available: async () => ({ ok: true, detail: '' }),
    start: async (spec, options) => {
      if (broken.includes(spec.kind)) throw new InfrastructureError(`${spec.kind} is broken`);
      options.signal.addEventListener('abort', () => log.push(`tell ${spec.kind}`));
      const service: StartedService<never> = {
        kind: spec.kind as never,
        provider: 'external',
        version: '1.0',
        detail: '',
        tenant: async (name) => ({
          kind: spec.kind as never,
          endpoint: { host: '', port: 1, user: '', password: '', database: '' },
          anyDatabase: false,
          env: { SHARED: spec.kind, [spec.kind]: name },
          handle: {} as never,
          healthy: async () => {},
          outage: async () => {
            log.push(`take ${spec.kind}`);
            return { [Symbol.asyncDispose]: async () => void log.push(`give ${spec.kind}`) };
          },
          [Symbol.asyncDispose]: async () => void log.push(`drop ${spec.kind}`),
        }),
        [Symbol.asyncDispose]: async () => void log.push(`stop ${spec.kind}`),
      };
      return service as never;
    },
  };
}

test('one environment and one set of handles for all services of an app', async () => {
  const log: string[] = [];
  {
    await using services = await startServices(['postgres', 'redis', 'mongo'], notingProvider(log), testOptions({}));
    assert.deepEqual(
      services.list.map(({ kind }) => kind),
      ['redis', 'mongo', 'postgres'],
    );
    await using tenants = await services.tenants('app');
    assert.deepEqual(tenants.env, { SHARED: 'postgres', redis: 'app', mongo: 'app', postgres: 'app' });
    assert.deepEqual(Object.keys(tenants.handles).toSorted(), ['mongo', 'postgres', 'redis']);
  }
  assert.deepEqual(
    log.map((line) => line.split(' ')[0]),
    ['drop', 'drop', 'drop', 'stop', 'stop', 'stop'],
  );
});

test('one service is taken away, and the others stay', async () => {
  const log: string[] = [];
  await using services = await startServices(['postgres', 'redis'], notingProvider(log), testOptions({}));
  await using tenants = await services.tenants('app', { interruptible: ['redis'] });
  {
    await using stack = new AsyncDisposableStack();
    stack.use(await tenants.outage('redis'));
    assert.deepEqual(log, ['take redis']);
  }
  assert.deepEqual(log, ['take redis', 'give redis']);
  await assert.rejects(tenants.outage('mongo'), /app has no mongo/);
});

test('when one does not start, the others are told to give up and are stopped', async () => {
  const log: string[] = [];
  await assert.rejects(
    startServices(['postgres', 'redis', 'mongo'], notingProvider(log, ['mongo']), testOptions({})),
    /mongo is broken/,
  );
  assert.deepEqual(log.toSorted(), ['stop postgres', 'stop redis', 'tell postgres', 'tell redis']);
});

test('a rubric without services starts nothing', async () => {
  const log: string[] = [];
  await using services = await startServices([], notingProvider(log), testOptions({}));
  await using tenants = await services.tenants('app');
  assert.deepEqual([services.list, tenants.env, log], [[], {}, []]);
});

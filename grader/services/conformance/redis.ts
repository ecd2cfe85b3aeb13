import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createClient } from 'redis';
import type { Running } from '../conformance.ts';
import type { Endpoint } from '../service.ts';

/** What an app and the grader may expect of a Redis tenant. */
export function redisConformance(running: () => Running<'redis'>): void {
  const FORMS: Record<string, (env: Record<string, string>) => Options> = {
    REDIS_URL: (env) => ({ url: env['REDIS_URL'] ?? '' }),
    REDIS_URI: (env) => ({ url: env['REDIS_URI'] ?? '' }),
    'REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, REDIS_USERNAME': (env) => ({
      socket: { host: env['REDIS_HOST'] ?? '', port: Number(env['REDIS_PORT']) },
      username: env['REDIS_USERNAME'] ?? '',
      password: env['REDIS_PASSWORD'] ?? '',
    }),
  };
  for (const [form, options] of Object.entries(FORMS)) {
    test(`${form} lead to a server that the app may fill`, async () => {
      await using app = await open(options(running().tenant.env));
      assert.equal(await app.client.set('form', form), 'OK');
    });
  }

  test('an app may do what drivers, sessions and queues do', async () => {
    await using app = await openAs(running().tenant.endpoint);
    const { client } = app;
    const allowed = [
      'INFO',
      'DBSIZE',
      'KEYS *',
      'SCAN 0',
      'CLIENT SETNAME app',
      'CLIENT LIST',
      'SELECT 1',
      'SELECT 0',
      'FLUSHDB',
      'FLUSHALL',
      'XADD stream * a 1',
      'PUBLISH channel hi',
      'MULTI',
      'EXEC',
    ];
    for (const command of allowed) await client.sendCommand(command.split(' '));
    assert.equal(
      await client.eval("return redis.call('SET', KEYS[1], ARGV[1])", { keys: ['k'], arguments: ['v'] }),
      'OK',
    );
  });

  test('tenants do not see each other', async () => {
    const { tenant, other } = running();
    await using app = await openAs(tenant.endpoint);
    await app.client.set('secret', '1');
    await using neighbour = await openAs(other.endpoint);
    assert.equal(await neighbour.client.get('secret'), null);
    await assert.rejects(
      openAs({ ...other.endpoint, host: tenant.endpoint.host, port: tenant.endpoint.port }),
      /WRONGPASS/,
    );
  });

  test('guessed credentials are refused', async () => {
    const { endpoint } = running().tenant;
    for (const user of ['default', 'grade_admin', 'admin']) {
      for (const password of ['redis', 'password', 'grade_admin'])
        await assert.rejects(openAs({ ...endpoint, user, password }), /WRONGPASS/);
    }
    await assert.rejects(
      open({ socket: { host: endpoint.host, port: endpoint.port } }).then((app) => app.client.get('secret')),
      /NOAUTH/,
    );
  });

  test('an app does not rule the server', async () => {
    await using app = await openAs(running().tenant.endpoint);
    const forbidden = [
      'CONFIG SET dir /tmp',
      'CONFIG GET *',
      'DEBUG SLEEP 0',
      'SHUTDOWN NOSAVE',
      'SAVE',
      'BGSAVE',
      'REPLICAOF 127.0.0.1 1',
      'SLAVEOF 127.0.0.1 1',
      'MODULE LOAD /tmp/x.so',
      'ACL LIST',
      'ACL SETUSER more on nopass +@all',
      'MONITOR',
      'CLIENT KILL TYPE normal',
      'MIGRATE 127.0.0.1 1 k 0 1',
      'SLOWLOG GET',
    ];
    for (const command of forbidden)
      await assert.rejects(app.client.sendCommand(command.split(' ')), /NOPERM|not allowed/, command);
  });

  test('memory is bounded, and running out of it is no crash', async () => {
    const { other, owned } = running();
    if (!owned) return;
    await using app = await openAs(other.endpoint);
    const filling = async () => {
      for (let i = 0; i < 20; i++) await app.client.setRange(`big${i}`, 32 * 1024 * 1024, 'x');
    };
    await assert.rejects(filling(), /OOM/);
    await app.client.flushAll();
    await other.healthy();
  });

  test('a script without end does not take the server along', async () => {
    const { other, owned } = running();
    if (!owned) return;
    await using app = await openAs(other.endpoint);
    const endless = app.client.eval('while true do end').catch((error: Error) => error.message);
    await other.healthy();
    while ((await other.handle.command('SCRIPT', 'KILL').catch(() => 'not yet')) !== 'OK');
    assert.match(String(await endless), /killed/);
  });

  test('the handle reads and lists keys', async () => {
    const { tenant } = running();
    await using app = await openAs(tenant.endpoint);
    await app.client.flushAll();
    await app.client.mSet(Object.fromEntries(Array.from({ length: 2500 }, (_, i) => [`item:${i}`, String(i)])));
    await app.client.hSet('hash', { a: '1' });
    assert.equal((await tenant.handle.keys('item:*')).length, 2500);
    assert.deepEqual(await tenant.handle.command('HGETALL', 'hash'), ['a', '1']);
  });

  test('the monitor sees what the app sends and nothing else', async () => {
    const { tenant } = running();
    await using app = await openAs(tenant.endpoint);
    for (const round of ['one', 'two']) {
      const commands = await tenant.handle.monitor(async () => {
        await app.client.set(`key "${round}"`, 'ü\n\x00', { EX: 5 });
        await tenant.handle.command('TTL', 'item:1');
        await app.client.eval("return redis.call('get', KEYS[1])", { keys: ['item:1'] });
      });
      assert.deepEqual(commands, [
        ['SET', `key "${round}"`, 'ü\n\x00', 'EX', '5'],
        ['EVAL', "return redis.call('get', KEYS[1])", '1', 'item:1'],
        ['GET', 'item:1'],
      ]);
    }
    await assert.rejects(
      tenant.handle.monitor(() => Promise.reject(new Error('work failed'))),
      /work failed/,
    );
    assert.deepEqual(await tenant.handle.monitor(async () => {}), []);
  });

  test('the handle works when the app has used up all connections', async () => {
    const { tenant, owned } = running();
    if (!owned) return;
    await using stack = new AsyncDisposableStack();
    // In waves that the server has taken in: more at once overrun its queue, and some would never be looked at.
    for (let refused = false; !refused;) {
      const wave = Array.from({ length: 200 }, () => stack.use(rawClient(tenant.endpoint)));
      const answers = await Promise.all(wave.map(({ answer }) => answer));
      refused = answers.some((answer) => answer === undefined || answer.includes('max number of clients'));
    }
    await assert.rejects(openAs(tenant.endpoint));
    await tenant.healthy();
    assert.deepEqual(await tenant.handle.monitor(async () => {}), []);
  });

  test('an app that flushes all it has does not take the server along', async () => {
    const { tenant } = running();
    await using app = await openAs(tenant.endpoint);
    await app.client.flushAll();
    await tenant.healthy();
    assert.deepEqual(await tenant.handle.keys(), []);
  });
}

type Options = NonNullable<Parameters<typeof createClient>[0]>;

function openAs({ host, port, user, password }: Endpoint): ReturnType<typeof open> {
  return open({ socket: { host, port }, username: user, password });
}

async function open(options: Options) {
  const client = createClient({
    ...options,
    socket: { reconnectStrategy: false, ...options.socket } as NonNullable<Options['socket']>,
  });
  client.on('error', () => {});
  await client.connect();
  return { client, [Symbol.asyncDispose]: async () => client.destroy() };
}

/** A connection that says one thing and stays. @property answer what the server says to it; undefined when it hangs up */
function rawClient({ host, port }: Endpoint): { answer: Promise<string | undefined> } & Disposable {
  const socket = connect(port, host);
  const answer = new Promise<string | undefined>((resolve) => {
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => resolve(data.toString()));
    for (const end of ['error', 'close']) socket.on(end, () => resolve(undefined));
  });
  return { answer, [Symbol.dispose]: () => void socket.destroy() };
}

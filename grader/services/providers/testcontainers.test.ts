import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { before, describe, test } from 'node:test';
import { MongoClient } from 'mongodb';
import { InfrastructureError, LearnerError } from '../../platform/errors.ts';
import { runCommand } from '../../platform/process.ts';
import { dockerRuntime } from '../../submission/runtimes/docker.ts';
import { testOptions, withoutDocker } from '../conformance/options.ts';
import type { Endpoint } from '../service.ts';
import { specs } from '../specs/index.ts';
import { startServices } from '../start.ts';
import { testcontainers, testcontainersBy } from './testcontainers.ts';
import { connectEngine, type Engine } from '../../platform/docker/engine.ts';

const options = testOptions(process.env);
const nodeImage = process.env['GRADE_IMAGE_NODE'] ?? 'node:24-bookworm-slim';
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

describe('testcontainers', { skip: await withoutDocker(process.env, testcontainers) }, () => {
  let engine: Engine;
  before(async () => {
    engine = await connectEngine();
  });

  test('services are on the networks of their apps, under their usual names', async () => {
    await using first = await internalNetwork(engine);
    await using second = await internalNetwork(engine);
    await using services = await startServices(['postgres', 'mongo', 'redis'], testcontainers, {
      ...options,
      network: first.name,
    });
    // The one that comes first has no claim on the server that was started for the network of the others.
    await using reference = await services.tenants('reference', { network: second.name });
    await using submission = await services.tenants('submission');

    const [own, theirs] = await Promise.all([
      inContainer(engine, first.name, submission.env),
      inContainer(engine, second.name, reference.env),
    ]);
    const expected = {
      postgres: 'ok',
      mongo: 'ok',
      'mongo by its replica set': 'ok',
      redis: 'ok',
      aliases: ['database', 'db', 'mongodb', 'cache'],
    };
    assert.deepEqual(own, expected);
    assert.deepEqual(theirs, expected);
    assert.deepEqual(submission.env['REDIS_HOST'], 'redis');

    const crossed = await inContainer(engine, first.name, reference.env);
    assert.match(String(crossed['mongo']), /Authentication failed/);
    assert.match(String(crossed['redis']), /WRONGPASS/);
    assert.deepEqual(await submission.handles.redis?.command('PING'), 'PONG');
    await submission.healthy();
  });

  test('a forwarder has the names of its service, which can’t be reached past it', async () => {
    const runtime = dockerRuntime({ image: nodeImage, reach: 'gateway' });
    await using network = await runtime.network(options.signal);
    assert.ok(network);
    const kinds = ['postgres', 'mongo', 'redis'] as const;
    await using services = await startServices(kinds, testcontainers, { ...options, network: network.name });
    await using tenants = await services.tenants('app', {
      network: network.name,
      interruptible: kinds,
      forward: network.forward,
    });
    const { Containers } = (await engine.docker.getNetwork(network.name).inspect()) as { Containers: object };
    assert.equal(Object.keys(Containers).length, 3, 'of each service, the forwarder alone is in the network');
    const aliases = ['database', 'db', 'mongodb', 'cache'];
    {
      await using stack = new AsyncDisposableStack();
      for (const kind of kinds) stack.use(await tenants.outage(kind));
      const { aliases: known, ...asked } = await inContainer(engine, network.name, tenants.env);
      for (const [how, failure] of Object.entries(asked)) assert.match(String(failure), /ECONNREFUSED/, how);
      assert.deepEqual(known, aliases);
      await tenants.healthy();
    }
    assert.deepEqual(await inContainer(engine, network.name, tenants.env), {
      postgres: 'ok',
      mongo: 'ok',
      'mongo by its replica set': 'ok',
      redis: 'ok',
      aliases,
    });
  });

  test('a second server on one network has a name of its own', async () => {
    await using network = await internalNetwork(engine);
    await using service = await testcontainers.start(specs.redis, { ...options, network: network.name });
    const tenants = [await service.tenant('one'), await service.tenant('two')];
    assert.deepEqual(
      tenants.map(({ endpoint }) => endpoint.host),
      ['redis', 'redis-2'],
    );
  });

  test('published ports serve machines that do not reach containers by address', async () => {
    await using services = await startServices(['mongo', 'redis'], testcontainersBy('published'), options);
    await using tenants = await services.tenants('app');
    assert.equal(tenants.env['MONGO_HOST'], engine.host);
    assert.equal(await tenants.handles.redis?.command('PING'), 'PONG');
    // Without directConnection the driver goes to where the replica set says that its member is.
    const { MONGO_USER: user, MONGO_PASSWORD: password, MONGO_PORT: port, MONGO_DB: db } = tenants.env;
    const client = new MongoClient(`mongodb://${user}:${password}@${engine.host}:${port}/${db}`, {
      replicaSet: 'rs0',
      serverSelectionTimeoutMS: 5000,
    });
    try {
      await client.db().collection('found').insertOne({});
    } finally {
      await client.close();
    }
    await tenants.healthy();
  });

  test('an app that fills the disk of its server brings itself down, not the grader', async () => {
    const small = {
      ...specs.mongo,
      container: (admin: Endpoint) => ({ ...specs.mongo.container(admin), tmpfs: { '/data/db': 'rw,size=400m' } }),
    };
    await using service = await testcontainers.start(small, options);
    await using tenant = await service.tenant('greedy');
    await tenant.healthy();
    const client = new MongoClient(tenant.env['MONGODB_URI'] ?? '', { serverSelectionTimeoutMS: 1000 });
    try {
      const fill = async () => {
        for (let i = 0; i < 400; i++)
          await client
            .db()
            .collection('fill')
            .insertOne({ bytes: randomBytes(4_000_000) });
      };
      await assert.rejects(fill());
    } finally {
      await client.close();
    }
    // It takes the server a moment to fall.
    let failure: unknown;
    while (failure === undefined) failure = await tenant.healthy().catch((error: unknown) => error);
    assert.ok(failure instanceof LearnerError, String(failure));
    assert.match(failure.message, /filled the disk of MongoDB/);
  });

  test('an image that is not here and can’t be pulled is named, with the mend', async () => {
    const image = '127.0.0.1:1/no/such:image';
    const starting = testcontainers.start(specs.redis, { ...options, images: { redis: image } });
    await assert.rejects(starting, (error) => {
      assert.ok(error instanceof InfrastructureError);
      assert.match(
        error.message,
        /the image 127\.0\.0\.1:1\/no\/such:image for Redis is not here and could not be pulled: /,
      );
      assert.match(error.mend ?? '', /GRADE_IMAGE_REDIS.*docker pull 127\.0\.0\.1:1\/no\/such:image/);
      return true;
    });
  });

  test('a server that ends while it starts is told with its last words', async () => {
    const broken = {
      ...specs.redis,
      container: () => ({
        ...specs.redis.container({ host: '', port: 0, user: 'u', password: 'p', database: '0' }),
        command: ['redis-server', '--no-such-option', '1'],
      }),
    };
    await assert.rejects(
      testcontainers.start(broken, options),
      (error) =>
        error instanceof InfrastructureError && /ended while it was starting: .*no-such-option/.test(error.message),
    );
  });

  test(
    'an engine that this user may not talk to is told from none',
    { skip: process.getuid?.() !== 0 && 'only root can become another user' },
    async () => {
      // Another user may not even read this checkout: all is loaded before root is given up.
      const script = `import 'testcontainers';
        import { testcontainers } from '${new URL('./testcontainers.ts', import.meta.url).href}';
        process.setgroups([]);
        process.setgid(65534);
        process.setuid(65534);
        console.log(JSON.stringify(await testcontainers.available()));`;
      const result = await runCommand([process.execPath, '--input-type=module', '-e', script], {
        cwd: import.meta.dirname,
        env: { HOME: '/tmp' },
      });
      assert.match(
        result.stdout,
        /"ok":false,"reason":"a Docker engine is here, but this user may not talk to it/,
        result.stderr,
      );
    },
  );
});

async function internalNetwork({ docker }: Engine): Promise<{ name: string } & AsyncDisposable> {
  const name = `grade-test-${crypto.randomUUID()}`;
  const network = await docker.createNetwork({ Name: name, Internal: true });
  return { name, [Symbol.asyncDispose]: () => network.remove() };
}

/** What an app in a container can do with its environment. */
async function inContainer(
  { docker }: Engine,
  network: string,
  env: Readonly<Record<string, string>>,
): Promise<Record<string, unknown>> {
  const container = await docker.createContainer({
    Image: nodeImage,
    Entrypoint: [],
    Cmd: ['node', '-e', `(${probe.toString()})()`],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    WorkingDir: '/probe',
    HostConfig: { NetworkMode: network, Binds: [`${modules}:/probe/node_modules:ro`] },
  });
  try {
    await container.start();
    await container.wait();
    const log = (await container.logs({ stdout: true, stderr: true })).toString('utf8');
    const [line] = /\{.*\}/.exec(log) ?? assert.fail(log);
    return JSON.parse(line) as Record<string, unknown>;
  } finally {
    await container.remove({ force: true, v: true });
  }
}

/** Runs inside of the container; its text is all that gets there. */
async function probe(): Promise<void> {
  const env = process.env;
  const [pg, mongodb, redis] = [require('pg'), require('mongodb'), require('redis')];
  const attempt = (work: () => Promise<unknown>) =>
    work().then(
      () => 'ok',
      (error: Error) => error.message,
    );
  const ask = async (url: string) => {
    const client = new mongodb.MongoClient(url, { serverSelectionTimeoutMS: 3000 });
    await client
      .db()
      .collection('probe')
      .insertOne({})
      .finally(() => client.close());
  };
  const result = {
    postgres: await attempt(async () => {
      const client = new pg.Client(env['DATABASE_URL']);
      await client.connect();
      await client.query('SELECT 1').finally(() => client.end());
    }),
    mongo: await attempt(() => ask(env['MONGODB_URI'] ?? '')),
    'mongo by its replica set': await attempt(() =>
      ask((env['MONGODB_URI'] ?? '').replace('directConnection=true', 'replicaSet=rs0')),
    ),
    redis: await attempt(async () => {
      const client = redis.createClient({ url: env['REDIS_URL'], socket: { reconnectStrategy: false } });
      client.on('error', () => {});
      await client.connect();
      client.destroy();
    }),
    aliases: [] as string[],
  };
  for (const name of ['database', 'db', 'mongodb', 'cache']) {
    if ((await attempt(() => require('dns').promises.lookup(name))) === 'ok') result.aliases.push(name);
  }
  process.stdout.write(JSON.stringify(result));
}

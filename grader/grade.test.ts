import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checks } from './checks/index.ts';
import { grade } from './grade.ts';
import { tempDir } from './platform/temp-dir.ts';
import type { Report } from './report/schema.ts';
import { loadRubric } from './rubric/load.ts';
import { withoutDocker } from './services/conformance/options.ts';
import { testcontainers } from './services/providers/testcontainers.ts';
import { readSettings } from './settings.ts';

/** Asks the Redis of its run at every request; `lost` is what becomes of the app when an idle connection breaks. */
const app = (lost: string) => `
const net = require('node:net');
const { REDIS_HOST: host, REDIS_PORT: port, PORT } = process.env;
const idle = net.connect(Number(port), host).on('error', () => {}).on('close', () => { ${lost} });
require('node:http').createServer((request, response) => {
  if (request.url === '/') return response.end();
  const redis = net.connect(Number(port), host, () => redis.write('PING\\r\\n'));
  const answer = (status, body) => { response.statusCode = status; response.end(JSON.stringify(body)); redis.destroy(); };
  redis.once('data', () => answer(200, { redis: 'there' })).on('error', ({ code }) => answer(503, { error: code }));
}).listen(Number(PORT));
`;

const rubric = `
rubric: outage
title: A service goes away
version: 1.0.0
services: [redis]
contract: { ping: { request: GET /ping } }
criteria:
  - id: lives-through-it
    title: The app lives through an outage
    points: 60
    check: service-outage
    with:
      service: redis
      before: [{ call: ping }]
      during: [{ call: ping, expect: { status: 503, body: { error: ECONNREFUSED } } }]
      after: [{ call: ping }]
    hint: Answer 503 while there is no Redis.
  - id: pings
    title: The app finds its Redis
    points: 40
    check: http-flow
    with: { steps: [{ call: ping }] }
    hint: Take the address from the environment.
`;

const places = [
  { runtime: 'local', services: 'embedded', skip: false },
  { runtime: 'docker', services: 'testcontainers', skip: await withoutDocker(process.env, testcontainers) },
] as const;
for (const { skip, ...place } of places) {
  describe(`a service that goes away, with ${place.services} and the ${place.runtime} runtime`, { skip }, () => {
    const graded = async (lost: string): Promise<Report> => {
      await using folder = await tempDir('outage');
      await mkdir(join(folder.path, 'app'));
      await writeFile(join(folder.path, 'app/server.js'), app(lost));
      await writeFile(join(folder.path, 'app/package.json'), JSON.stringify({ scripts: { start: 'node server.js' } }));
      await writeFile(join(folder.path, 'rubric.yaml'), rubric);
      return await grade({
        ...place,
        rubric: await loadRubric(join(folder.path, 'rubric.yaml'), checks),
        path: join(folder.path, 'app'),
        settings: readSettings(process.env),
        events: {},
        signal: AbortSignal.timeout(120_000),
      });
    };

    test('an app that lives through it has all points', async () => {
      const report = await graded('');
      assert.deepEqual(
        report.criteria.map(({ id, verdict }) => [id, verdict.earned, verdict.reason]),
        [
          ['lives-through-it', 60, ''],
          ['pings', 40, ''],
        ],
      );
    });

    test('an app that dies of it pays for that, and for nothing else', async () => {
      const report = await graded(`console.error('Error: Redis is gone'); process.exit(7);`);
      const [lives, pings] = report.criteria;
      assert.equal(pings?.verdict.earned, 40);
      assert.deepEqual([lives?.verdict.earned, lives?.verdict.fault], [0, 'learner']);
      assert.match(lives?.verdict.reason ?? '', /exit code 7|Redis is (away|back): GET \/ping was/);
      assert.match(lives?.evidence.logs.join('\n') ?? '', /Error: Redis is gone/);
      const failed = lives?.evidence.observation.assertions.find(({ ok }) => !ok);
      assert.match(failed?.title ?? '', /^while Redis is away: GET \/ping answers 503/);
    });
  });
}

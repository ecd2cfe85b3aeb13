import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { testOptions } from './conformance/options.ts';
import { embedded } from './providers/embedded.ts';
import type { Tenant } from './service.ts';
import { specs } from './specs/index.ts';

const skip = process.platform === 'win32' ? 'there are no embedded servers for Windows' : false;

async function databasesOf(tenant: Tenant): Promise<string[]> {
  await using client = await new MongoClient(tenant.env['MONGODB_URI'] ?? '').connect();
  const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
  return databases.map(({ name }) => name);
}

test('a server whose tenant has gone is the next one’s, who finds nothing in it', { skip }, async () => {
  await using service = await embedded.start(specs.mongo, testOptions({ ...process.env }));
  let before;
  {
    await using tenant = await service.tenant('before');
    await using client = await new MongoClient(tenant.env['MONGODB_URI'] ?? '').connect();
    await client.db().collection('todos').insertOne({ title: 'a' });
    await client.db('shop').collection('products').createIndex({ sku: 1 }, { unique: true });
    before = { endpoint: tenant.endpoint, url: tenant.env['MONGODB_URI'] ?? '' };
  }
  await using after = await service.tenant('after');
  assert.equal(after.endpoint.port, before.endpoint.port);
  const names = await databasesOf(after);
  assert.ok(!names.includes('shop') && !names.includes(before.endpoint.database), names.join(' '));
  await using old = new MongoClient(before.url, { serverSelectionTimeoutMS: 5000 });
  await assert.rejects(old.connect(), /Authentication failed/);
});

test('tenants that are there at the same time have a server each', { skip }, async () => {
  await using service = await embedded.start(specs.mongo, testOptions({ ...process.env }));
  await using one = await service.tenant('one');
  await using other = await service.tenant('other');
  assert.notEqual(one.endpoint.port, other.endpoint.port);
});

test('a server that an app wrote into beyond its databases is not used again', { skip }, async () => {
  await using service = await embedded.start(specs.mongo, testOptions({ ...process.env }));
  let before;
  {
    await using tenant = await service.tenant('before');
    await using client = await new MongoClient(tenant.env['MONGODB_URI'] ?? '').connect();
    await client.db('admin').collection('notes').insertOne({ text: 'still here' });
    before = tenant.endpoint.port;
  }
  await using after = await service.tenant('after');
  assert.notEqual(after.endpoint.port, before);
});

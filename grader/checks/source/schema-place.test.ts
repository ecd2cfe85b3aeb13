import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { schemaPlace } from './schema-place.ts';

const place = (sources: Record<string, string>, name: string) =>
  schemaPlace({ list: async () => Object.keys(sources), read: async (path) => sources[path] }, name);

describe('the place of a schema', () => {
  test('is where the table is created, in SQL or in code', async () => {
    const sql = '-- users\nCREATE TABLE users (id int);\n\ncreate table if not exists public."products" (id int);';
    assert.deepEqual(await place({ 'db/schema.sql': sql }, 'products'), { file: 'db/schema.sql', line: 4 });
    const inCode = 'await pool.query(`\n  CREATE TABLE IF NOT EXISTS products (\n`)';
    assert.deepEqual(await place({ 'src/db.js': inCode }, 'products'), { file: 'src/db.js', line: 2 });
    const knex = "exports.up = (knex) =>\n  knex.schema.createTable('products', (table) => {})";
    assert.deepEqual(await place({ 'migrations/1.js': knex }, 'products'), { file: 'migrations/1.js', line: 2 });
  });

  test('is the Mongoose schema of the model', async () => {
    const model = "const todo = new Schema({\n  title: String,\n});\nexport const Todo = model('Todo', todo);";
    assert.deepEqual(await place({ 'src/todo.js': model }, 'todos'), { file: 'src/todo.js', line: 1 });
    const category = "module.exports = mongoose.model('Category', schema);";
    assert.deepEqual(await place({ 'c.js': category }, 'categories'), { file: 'c.js', line: 1 });
  });

  test('is not another table, a test, or a package', async () => {
    const sql = 'CREATE TABLE products (id int);';
    assert.equal(await place({ 'a.sql': 'CREATE TABLE old_products (id int);' }, 'products'), undefined);
    assert.equal(await place({ 'test/a.sql': sql, 'node_modules/x/a.sql': sql, 'a.txt': sql }, 'products'), undefined);
  });
});

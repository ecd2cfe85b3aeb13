import type { SubmissionFiles } from '../../target/target.ts';
import { openSource } from './source-tree.ts';

/** Where a schema can be declared. */
const SOURCES = ['**/*.{sql,js,mjs,cjs,ts,mts,cts,prisma}'];
const IGNORED = /(^|\/)(node_modules|dist|build|coverage|test|tests|__tests__)\//;

/**
 * Where a submission declares a table or collection, for notes on its schema: at `CREATE TABLE`, at the call that
 * defines the model, at the Mongoose schema before it. undefined when that is nowhere to be seen.
 *
 * @param name as the database calls it, such as `products`; a model may have the singular
 * @returns the file from the root of the submission, and the line, counted from 1
 */
export async function schemaPlace(
  files: SubmissionFiles,
  name: string,
): Promise<{ file: string; line: number } | undefined> {
  const source = await openSource(files);
  for (const file of source.matching(SOURCES)) {
    if (IGNORED.test(file)) continue;
    const lines = (await source.read(file)).split('\n');
    const found = lines.findIndex((line) => declares(line, name));
    if (found === -1) continue;
    const schema = /\bmodel\s*\(/.test(lines[found] ?? '') ? lines.findIndex((line) => /\bSchema\s*\(/.test(line)) : -1;
    return { file, line: (schema === -1 || schema > found ? found : schema) + 1 };
  }
  return undefined;
}

/** `CREATE TABLE products`, `createTable('products'`, `pgTable("products"`, `model('Product'`, `model Product {`. */
function declares(line: string, name: string): boolean {
  const named = [
    /\bcreate\s+table\s+(?:if\s+not\s+exists\s+)?(?:"?\w+"?\.)?"?(\w+)/i,
    /\b(?:createTable|createCollection|collection|pgTable|model|define)\s*\(\s*['"`](\w+)['"`]/,
    /^\s*model\s+(\w+)\s*\{/,
  ];
  return named.some((pattern) => sameThing(pattern.exec(line)?.[1], name));
}

function sameThing(declared: string | undefined, name: string): boolean {
  if (declared === undefined) return false;
  const [a, b] = [declared.toLowerCase(), name.toLowerCase()];
  return a === b || `${a}s` === b || `${a}es` === b || (a.endsWith('y') && `${a.slice(0, -1)}ies` === b);
}

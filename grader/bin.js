#!/usr/bin/env node
// The launcher. Plain JavaScript that an old Node can parse, so that a version that is too old is
// told so in words. In a checkout it runs the TypeScript sources as they are (Node strips the
// types); in the published package, where type stripping is not available, what `tsc` built.
import { existsSync } from 'node:fs';
import module from 'node:module';

const needed = [22, 22];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `grade needs Node ${needed.join('.')} or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Install a current Node, or run `npm ci` in the checkout of grade: it brings its own.',
  );
  process.exit(2);
}
if (module.enableCompileCache) module.enableCompileCache();
const source = new URL('./cli.ts', import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL('../dist/cli.js', import.meta.url).href);
await main(process.argv.slice(2));

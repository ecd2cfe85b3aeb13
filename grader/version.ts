import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageDir } from './rubric/load.ts';

/** This package's version, as package.json says. */
export const version: string = (
  JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }
).version;

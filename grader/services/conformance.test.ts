import { rmSync } from 'node:fs';
import { conformance } from './conformance.ts';
import { testOptions, withoutDocker } from './conformance/options.ts';
import { ownTempFolder, providedEmbedded, providedExternal, providedTestcontainers } from './conformance/provided.ts';
import { testcontainers } from './providers/testcontainers.ts';

// Looking for a Docker engine leaves a lock file, which is nothing of a server's.
const skipDocker = await withoutDocker(process.env, testcontainers);
const folder = await ownTempFolder();
process.env['TMPDIR'] = folder;
process.once('exit', () => rmSync(folder, { recursive: true }));

const options = testOptions(process.env);

conformance('embedded', false, async () => providedEmbedded(options, folder));
conformance('external', false, async (kind) => providedExternal(kind, options, folder));
conformance('testcontainers', skipDocker, async () => providedTestcontainers(options));

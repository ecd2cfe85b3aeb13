import { type Binding, literalBinding } from '../target/binding.ts';
import type { Contract } from '../target/contract.ts';
import { type Settled, settle } from '../target/settle.ts';
import type { SourceSigns } from '../target/signs.ts';
import { findRoutes } from './routes/find.ts';
import { readSigns } from './signs.ts';
import type { Submission } from './submission.ts';

/** What a submission's files say of how a contract maps onto it. */
export interface Bound extends Settled {
  signs: SourceSigns;
}

/** Binds a contract by the files of a submission alone; nothing of it is run. */
export function bindByFiles(
  { sources, files, manifest }: Pick<Submission, 'sources' | 'files' | 'manifest'>,
  contract: Contract,
): Bound {
  const folder = files.appFolder ?? '';
  const signs = readSigns(sources, folder);
  // Where nothing may be otherwise and nothing is named, there is nothing to look for.
  const strict = Object.values(contract).every(({ vary }) => vary?.length === 0);
  if (strict && manifest.routes === undefined) {
    const binding: Binding = literalBinding(contract);
    return { binding, places: { routes: {}, missing: [] }, doubts: [], signs };
  }
  return { ...settle(contract, findRoutes(sources, folder), signs, manifest.routes), signs };
}

import { LearnerError } from './platform/errors.ts';
import { contractOf } from './rubric/contract.ts';
import type { Rubric } from './rubric/schema.ts';
import type { Bound } from './submission/bind.ts';
import { described } from './submission/routes/openapi.ts';
import { type Binding, literalBinding } from './target/binding.ts';
import { ContractClient } from './target/client.ts';
import { rehearse } from './target/rehearsal.ts';
import { Values } from './target/values.ts';

/** An app that is there for a rehearsal alone, on databases of its own. Ends with its scope. */
export interface Stage extends AsyncDisposable {
  origin: string;
}

/**
 * Settles the doubts about a submission by trying it, on an app and databases that nothing else uses: what is made and
 * counted there is gone with them.
 *
 * @param open brings that app up
 * @returns what the files said, where it does not come up: why is told when it is started to be graded
 */
export async function settleLive(
  { binding, places, signs }: Bound,
  { rubric, seed, signal }: { rubric: Rubric; seed: string; signal: AbortSignal },
  open: () => Promise<Stage>,
): Promise<Binding> {
  const contract = contractOf(rubric);
  try {
    await using stage = await open();
    await using http = new ContractClient(stage.origin, literalBinding(contract));
    return await rehearse(http, {
      contract,
      accounts: rubric.accounts,
      places,
      binding,
      signs,
      readDescription: (document) => described('openapi.json', JSON.stringify(document)),
      values: new Values(seed, 'rehearsal'),
      signal,
    });
  } catch (error) {
    if (!(error instanceof LearnerError)) throw error;
    return binding;
  }
}

import { type Contract, VARIATIONS } from '../target/contract.ts';
import type { Rubric } from './schema.ts';

/** The rubric's operations, each with what may vary in it. */
export function contractOf({ contract, vary = [...VARIATIONS] }: Pick<Rubric, 'contract' | 'vary'>): Contract {
  return Object.fromEntries(
    Object.entries(contract).map(([name, operation]) => [name, { ...operation, vary: operation.vary ?? vary }]),
  );
}

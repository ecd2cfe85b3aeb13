import type { AccountsContract } from './accounts.ts';
import { type Contract, type Operation, splitRequest } from './contract.ts';

/** The names of a contract's operations, each after what it builds on: users, things, lists, single things, changes. */
export function rehearsalOrder(contract: Contract, accounts: AccountsContract | undefined): string[] {
  const rank = (name: string, operation: Operation): number => {
    if (name === accounts?.register.operation) return 0;
    if (name === accounts?.login.operation) return 1;
    const [method, path] = splitRequest(operation);
    const depends = Object.keys({ ...operation.body, ...operation.headers }).some((field) => /[-_]?[iI]d$/.test(field));
    if (method === 'POST') return path.includes('{') ? 7 : depends ? 3 : 2;
    if (method === 'GET') return path.includes('{') ? 5 : 4;
    return method === 'DELETE' ? 8 : 6;
  };
  return Object.entries(contract)
    .map(([name, operation], index) => ({ name, rank: rank(name, operation), index }))
    .toSorted((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ name }) => name);
}

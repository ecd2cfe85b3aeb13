import type { Answer, ContractClient } from '../../target/client.ts';

/** An operation as it is called in assertions: `GET /todos/{id}`, where this app has it. */
export function nameOf(client: ContractClient, operation: string): string {
  const { method, path } = client.route(operation);
  return `${method} ${path}`;
}

/** An answer in one line: its status and the beginning of its body. */
export function received({ status, text }: Answer): string {
  const start = text.slice(0, 200);
  return start === ''
    ? `status ${status}, empty body`
    : `status ${status}: ${start}${text.length > start.length ? '…' : ''}`;
}

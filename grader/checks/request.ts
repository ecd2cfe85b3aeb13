import { z } from 'zod';
import type { Answer, ContractClient } from '../target/client.ts';
import type { CheckContext } from './check.ts';
import { prepareRequest } from './flow-request.ts';
import type { Flow } from './flow.ts';
import { data, dataByName, exactlyOne, name, requestLine } from './params.ts';
import { accountsIn } from './template-names.ts';

/** The keys of one request in a check's parameters; the same words as in a step of a flow. */
export const requestShape = {
  call: name.optional().describe('An operation of the contract'),
  request: requestLine.optional(),
  as: name.optional().describe('A user’s nickname: registered and logged in when first named'),
  params: dataByName.optional(),
  query: dataByName.optional(),
  body: data.optional(),
  raw: z.string().optional().describe('The body as it is, such as broken JSON'),
  headers: z.record(z.string(), z.string()).optional(),
};

/** One request: `call` or `request`, and what to send with it. */
export const requestSchema = z
  .strictObject(requestShape)
  .superRefine((value, context) => exactlyOne(value, ['call', 'request'], context));
export type RequestParams = z.infer<typeof requestSchema>;

/** How a request is called in assertions: `POST /todos`, with the path that this app has; templates as `<name>`. */
export function labelOf(client: ContractClient, { call, request }: RequestParams): string {
  if (call === undefined) return (request ?? '').replaceAll(/\{\{\s*([^{}]*?)\s*\}\}/g, '<$1>');
  const { method, path } = client.route(call);
  return `${method} ${path}`;
}

/**
 * Sends one request with its templates filled; users that it names are registered first.
 *
 * @throws {LearnerError} when no answer comes back
 */
export async function send(context: CheckContext, flow: Flow, request: RequestParams): Promise<Answer> {
  const { as, ...step } = request;
  const { accounts, target, values, signal } = context;
  const token = as === undefined ? undefined : (await accounts.get(as, signal)).token;
  for (const nickname of accountsIn(step)) await flow.fill(`{{account.${nickname}.email}}`);
  return prepareRequest(step, { http: target.http, token, variables: flow.variables, values }).send(signal);
}

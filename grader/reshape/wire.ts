import { child, children, nameOf, walk, type SyntaxNode } from '../platform/syntax.ts';
import { applyEdits, type Edit } from './edits.ts';
import type { Shape } from './shape.ts';

/** Whether a shape changes what goes over the wire, apart from paths. */
export function changesWire({ envelope, token, gives }: Shape): boolean {
  return envelope !== 'none' || token !== 'bearer' || gives !== 'token';
}

/** The entry of an app with `createApp(…)` put into `speaking(…)`, which `wireModule` holds. undefined without such a call. */
export function wrapApp(text: string, program: SyntaxNode, module: string): string | undefined {
  const edits: Edit[] = [];
  walk(program, ({ node }) => {
    const callee = node.type === 'CallExpression' ? child(node, 'callee') : undefined;
    if (callee?.type !== 'Identifier' || callee['name'] !== 'createApp') return;
    edits.push(
      { start: node.start, end: node.start, text: 'speaking(' },
      { start: node.end, end: node.end, text: ')' },
    );
  });
  const [first] = children(program, 'body');
  if (edits.length === 0 || first === undefined) return undefined;
  edits.push({ start: first.start, end: first.start, text: `import { speaking } from '${module}';\n` });
  return applyEdits(text, edits);
}

/** Whether a module starts the app: it calls `createApp`, and something listens. */
export function startsApp(program: SyntaxNode): boolean {
  let [creates, listens] = [false, false];
  walk(program, ({ node }) => {
    const callee = node.type === 'CallExpression' ? child(node, 'callee') : undefined;
    creates ||= callee?.type === 'Identifier' && nameOf(callee) === 'createApp';
    listens ||= callee?.type === 'MemberExpression' && nameOf(callee) === 'listen';
  });
  return creates && listens;
}

/** What `wireModule` imports: its own text shows how clients send a token, not how the app behind it takes one. */
export const SCHEME_MODULE = "export const SCHEME = 'Bearer';\n";

/**
 * A module that lets an Express app speak another dialect; the app behind it stays as it is.
 *
 * @param starts first parts of the contract's paths: `todos`, `auth`
 */
export function wireModule(shape: Shape, starts: readonly string[]): string {
  return `import { createServer } from 'node:http';
import { SCHEME } from './scheme.js';

export function speaking(app) {
  return createServer((request, response) => {
    readToken(request);
    response.json = function (body) {
      const res = { json: (value) => Object.getPrototypeOf(this).json.call(this, value) };
      return answer(request, this, body, res);
    };
    app(request, response);
  });
}

function answer(request, response, body, res) {
  if (response.statusCode >= 400) return res.json(${shape.envelope === 'success-data' ? '{ success: false, ...body }' : 'body'});
  if (request.method === 'POST' && typeof body?.token === 'string') return login(response, body, res);
  ${shape.envelope === 'message-resource' ? namedAnswers(starts) : `return res.json(${ENVELOPES[shape.envelope]});`}
}

${loginAnswer(shape)}
${TOKENS[shape.token]}
`;
}

const TOKENS: Record<Shape['token'], string> = {
  bearer: `function readToken() {}`,
  'x-auth-token': `function readToken(request) {
  const token = request.headers['x-auth-token'];
  delete request.headers.authorization;
  if (token) request.headers.authorization = [SCHEME, token].join(' ');
}`,
  raw: `function readToken(request) {
  const token = request.headers.authorization;
  delete request.headers.authorization;
  if (token && !token.includes(' ')) request.headers.authorization = [SCHEME, token].join(' ');
}`,
  cookie: `function readToken(request) {
  const cookies = Object.fromEntries((request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2)));
  delete request.headers.authorization;
  if (cookies.token) request.headers.authorization = [SCHEME, cookies.token].join(' ');
}`,
};

const ENVELOPES: Record<Exclude<Shape['envelope'], 'message-resource'>, string> = {
  none: 'body',
  data: '{ data: body }',
  'success-data': '{ success: true, data: body }',
};

/** An answer for each thing that the contract has, written out as learners write it. */
function namedAnswers(starts: readonly string[]): string {
  const things = starts.map((start) => {
    const plural = start === 'auth' ? 'users' : start;
    const singular = plural.replace(/s$/, '');
    return `if (thing === '${start}') {
    if (Array.isArray(body)) return res.json({ message: 'OK', ${plural}: body });
    if (Array.isArray(body?.items)) {
      const { items, ...page } = body;
      return res.json({ message: 'OK', ${plural}: items, ...page });
    }
    return res.json({ message: 'OK', ${singular}: body });
  }`;
  });
  return `const [thing] = request.originalUrl.replace(/^\\/api(\\/v1)?/, '').slice(1).split(/[/?]/);
  ${things.join('\n  ')}
  return res.json(body);`;
}

function loginAnswer({ token, gives, envelope }: Shape): string {
  if (token === 'cookie')
    return `function login(response, { token }, res) {
  response.cookie('token', token, { httpOnly: true });
  return res.json({ message: 'Logged in' });
}
`;
  const field = gives === 'data.token' || envelope.endsWith('data') ? `data: { ${own(gives)} }` : own(gives);
  return `function login(response, { token }, res) {
  return res.json({ ${field} });
}
`;
}

function own(gives: Shape['gives']): string {
  return gives === 'accessToken' ? 'accessToken: token' : 'token';
}

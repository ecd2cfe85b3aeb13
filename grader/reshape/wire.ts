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

/** A module that lets an Express app speak another dialect; the app behind it stays as it is. */
export function wireModule(shape: Shape): string {
  return `import { createServer } from 'node:http';

export function speaking(app) {
  return createServer((request, response) => {
    readToken(request);
    response.json = function (body) {
      return Object.getPrototypeOf(this).json.call(this, answer(request, this, body));
    };
    app(request, response);
  });
}

${TOKENS[shape.token]}

function answer(request, response, body) {
  if (response.statusCode >= 400) return ${shape.envelope === 'success-data' ? '{ success: false, ...body }' : 'body'};
  const [path] = request.originalUrl.split('?');
  if (request.method === 'POST' && typeof body?.token === 'string') return login(response, body);
  return ${ENVELOPES[shape.envelope]};
}

${loginAnswer(shape)}
${shape.envelope === 'message-resource' ? NAMED : ''}`;
}

const TOKENS: Record<Shape['token'], string> = {
  bearer: `function readToken() {}`,
  'x-auth-token': `function readToken(request) {
  const token = request.headers['x-auth-token'];
  delete request.headers.authorization;
  if (token) request.headers.authorization = \`Bearer \${token}\`;
}`,
  raw: `function readToken(request) {
  const token = request.headers.authorization;
  delete request.headers.authorization;
  if (token && !token.includes(' ')) request.headers.authorization = \`Bearer \${token}\`;
}`,
  cookie: `function readToken(request) {
  const cookies = Object.fromEntries((request.headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2)));
  delete request.headers.authorization;
  if (cookies.token) request.headers.authorization = \`Bearer \${cookies.token}\`;
}`,
};

const ENVELOPES: Record<Shape['envelope'], string> = {
  none: 'body',
  data: '{ data: body }',
  'success-data': '{ success: true, data: body }',
  'message-resource': 'named(path, body)',
};

const NAMED = `
function named(path, body) {
  const segments = path.split('/').filter((part) => part !== '' && part !== 'api' && part !== 'v1');
  const plural = segments[0] === 'auth' ? 'users' : segments[0];
  if (Array.isArray(body)) return { message: 'OK', [plural]: body };
  if (Array.isArray(body?.items)) {
    const { items, ...page } = body;
    return { message: 'OK', [plural]: items, ...page };
  }
  return { message: 'OK', [plural.replace(/s$/, '')]: body };
}
`;

function loginAnswer({ token, gives, envelope }: Shape): string {
  if (token === 'cookie')
    return `function login(response, { token }) {
  response.cookie('token', token, { httpOnly: true });
  return { message: 'Logged in' };
}`;
  const field = gives === 'data.token' || envelope.endsWith('data') ? `data: { ${own(gives)} }` : own(gives);
  return `function login(response, { token }) {
  return { ${field} };
}`;
}

function own(gives: Shape['gives']): string {
  return gives === 'accessToken' ? 'accessToken: token' : 'token';
}

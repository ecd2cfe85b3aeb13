import { child, children, nameOf, type SyntaxNode, walk } from '../platform/syntax.ts';
import { BEARER, type TokenWay } from '../target/binding.ts';
import type { SourceSigns } from '../target/signs.ts';
import type { Sources } from './sources.ts';

/** Calls that answer a request with what they are given. */
const ANSWERING = new Set(['json', 'send', 'jsonp', 'end']);
/** Frameworks whose handlers answer with what they return. */
const RETURNING = /['"](fastify|@nestjs\/common|elysia|@hapi\/hapi)['"]/;
const ANSWERS = /\.(json|send|jsonp)\s*\(|\.body\s*=/;
/** Schemas that name fields, beside the code. */
const SCHEMA = /\.(prisma|sql|graphql)$/;
/** Code that gives a thing an `id`. */
const MAKES_ID = [
  /\bvirtuals\s*:\s*true/,
  /\.id\s*=[^=]/,
  /\bid\s*:\s*(?!.*params)[^,}\n]*\b_?id\b/i,
  /(return|=>|json\()\s*\(?\s*\{[^{}]*\bid\s*[,}]/,
];
/** An object with a `token`; a block that speaks of one, or takes one out of something, is none. */
const MAKES_TOKEN = /\{\s*(?:\w+(?:\s*:\s*[\w.]+)?\s*,\s*)*token\s*(?::|,|\}(?!\s*=))/;
/** Packages that read `Authorization: Bearer …` by themselves. */
const BEARER_PACKAGE = /['"](@fastify\/jwt|fastify-jwt|express-jwt|koa-jwt|hono\/jwt|express-oauth2-jwt-bearer)['"]/;

/** Reads an app's code for signs of how it speaks. Nothing of it is run. @param folder of the app, '' for the root */
export function readSigns(sources: Sources, folder: string): SourceSigns {
  const words = new Set<string>();
  const answerFields = new Set<string>();
  const ways: TokenWay[] = [];
  const bodies: string[][] = [];
  let mongo = false;
  let makesId = false;
  let makesToken = false;
  const schemas = sources.paths.filter((path) => SCHEMA.test(path) && (folder === '' || path.startsWith(`${folder}/`)));
  for (const path of [...sources.code(folder), ...schemas]) {
    const text = sources.text(path) ?? '';
    for (const [word] of text.matchAll(/[A-Za-z_$][\w$]*/g)) words.add(word);
    if (SCHEMA.test(path)) continue;
    mongo ||= /['"](mongoose|mongodb|@nestjs\/mongoose|@typegoose\/typegoose)['"]/.test(text);
    if (/\btimestamps\s*:\s*true/.test(text)) for (const word of ['createdAt', 'updatedAt']) words.add(word);
    makesId ||= MAKES_ID.some((sign) => sign.test(text));
    makesToken ||= MAKES_TOKEN.test(text);
    bodies.push(...bodyFields(text));
    // Classes of answers: `new ApiResponse(200, todo)`.
    for (const [, field] of text.matchAll(/\bthis\.(success|data|payload|result)\s*=/g)) answerFields.add(field ?? '');
    ways.push(...tokenWays(text));
    const returns = RETURNING.test(text);
    if (!returns && !ANSWERS.test(text)) continue;
    const program = sources.syntax(path);
    if (program) collectAnswerFields(program, returns, answerFields);
  }
  return { words, answerFields, bodies, mongo, makesId, makesToken, tokenWays: distinct(ways) };
}

function collectAnswerFields(program: SyntaxNode, returns: boolean, into: Set<string>): void {
  const collect = (object: SyntaxNode | undefined) => {
    if (object?.type !== 'ObjectExpression') return;
    for (const property of children(object, 'properties')) {
      const name = property['computed'] === true ? undefined : nameOf(child(property, 'key'));
      if (name !== undefined) into.add(name);
    }
  };
  walk(program, ({ node }) => {
    if (node.type === 'CallExpression' || node.type === 'OptionalCallExpression') {
      const callee = child(node, 'callee');
      if (callee?.type.endsWith('MemberExpression') && ANSWERING.has(nameOf(callee) ?? ''))
        collect(children(node, 'arguments')[0]);
    } else if (node.type === 'AssignmentExpression') {
      const left = child(node, 'left');
      if (left?.type === 'MemberExpression' && nameOf(left) === 'body') collect(child(node, 'right'));
    } else if (returns && node.type === 'ReturnStatement') collect(child(node, 'argument'));
    else if (returns && node.type === 'ArrowFunctionExpression') collect(child(node, 'body'));
  });
}

/** The fields that one file takes from bodies, those that are taken together in one list. */
function bodyFields(text: string): string[][] {
  const body = String.raw`(?:await\s+)?\w*(?:\.req(?:uest)?)?\.(?:body|json\(\))`;
  const together = [...text.matchAll(new RegExp(String.raw`\{([^{}]*)\}\s*=\s*${body}`, 'g'))].map(([, names = '']) =>
    names.split(',').flatMap((name) => /^\s*(\w+)/.exec(name)?.[1] ?? []),
  );
  // A Mongoose schema's required fields stand for those of a body that is stored as it is.
  const required = [...text.matchAll(/\b(\w+)\s*:\s*\{[^{}]*\brequired\s*:\s*(?:true|\[)/g)].flatMap(
    ([, name]) => name ?? [],
  );
  const single = [...text.matchAll(/\.body\??\.(\w+)/g)].flatMap(([, name]) => name ?? []);
  return [...together, required, [...new Set(single)]].filter((names) => names.length > 0);
}

/** Where one file takes tokens from. */
function tokenWays(text: string): TokenWay[] {
  const ways: TokenWay[] = [];
  const header = (name: string | undefined) => {
    if (name !== undefined && !/refresh|csrf|xsrf/i.test(name)) ways.push({ header: name.toLowerCase(), prefix: '' });
  };
  const cookie = (name: string | undefined) => {
    if (name !== undefined && !/^(get|set|has|parse|delete)$|refresh|csrf|session/i.test(name))
      ways.push({ header: 'cookie', prefix: `${name}=` });
  };
  if (BEARER_PACKAGE.test(text)) ways.push(BEARER);
  if (/authorization|fromAuthHeader/i.test(text)) {
    const bearer = /bearer|authorization[\s\S]{0,300}\.(split|slice|substring|replace)\(/i.test(text);
    // A mention in a list of headers to hide, or in a client, says nothing of how it is read.
    if (bearer) ways.push(BEARER);
    else if (/(headers?|req|request|ctx|c)\b[\s\S]{0,20}authorization/i.test(text))
      ways.push({ header: 'authorization', prefix: '' });
  }
  const quoted = String.raw`\(?\[?\(?\s*['"\x60]([\w-]*token[\w-]*)['"\x60]`;
  for (const [, name] of text.matchAll(new RegExp(String.raw`(?:headers?|\.get|fromHeader)\s*${quoted}`, 'gi')))
    header(name);
  for (const [, name] of text.matchAll(/headers\??\.(\w*token\w*)/gi)) header(name);
  for (const [, name] of text.matchAll(/\{\s*(\w*token\w*)\s*\}\s*=\s*\w+\.headers\b/gi)) header(name);
  for (const [, name] of text.matchAll(/[cC]ookies\??\.(\w+)/g)) cookie(name);
  for (const [, name] of text.matchAll(/[cC]ookies\??\.?(?:get)?[[(]\s*['"`]([\w-]+)['"`]/g)) cookie(name);
  for (const [, name] of text.matchAll(/getCookie\(\s*\w+\s*,\s*['"`]([\w-]+)['"`]/g)) cookie(name);
  for (const [, name] of text.matchAll(/\{\s*(\w+)\s*\}\s*=\s*\w+\.cookies\b/g)) cookie(name);
  return ways;
}

function distinct(ways: readonly TokenWay[]): TokenWay[] {
  return [...new Map(ways.map((way) => [`${way.header} ${way.prefix}`, way])).values()];
}

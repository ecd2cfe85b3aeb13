import type { Change, Operator } from './mutation.ts';
import { child, children, nameOf, type SyntaxNode } from '../../platform/syntax.ts';

/** What a status becomes: another success, or a success where there should be none. */
function otherStatus(status: number): number | undefined {
  if (status === 200) return 201;
  if (status === 201 || status === 202 || status === 204) return 200;
  return status >= 400 && status < 600 ? 200 : undefined;
}

const STATUS_NAMES = /status|code/i;
const TAKES_STATUS = /status|error|exception|problem|fail|abort|^(?:json|send|respond|reply|writeHead|createError)/i;

const status: Operator = {
  name: 'a status code',
  changes({ node, key, parent }) {
    if (node.type !== 'NumericLiteral' || parent === undefined) return [];
    const value = Number(node['value']);
    const other = Number.isInteger(value) ? otherStatus(value) : undefined;
    if (other === undefined || !isStatus(parent.node, key)) return [];
    return [{ start: node.start, end: node.end, replacement: String(other), what: `${value} became ${other}` }];
  },
};

/** `status(404)`, `new HttpError(404, …)`, `{ status: 404 }`, `error.statusCode = 404`. */
function isStatus(parent: SyntaxNode, key: string): boolean {
  switch (parent.type) {
    case 'CallExpression':
    case 'NewExpression':
      return key === 'arguments' && TAKES_STATUS.test(nameOf(child(parent, 'callee')) ?? '');
    case 'ObjectProperty':
    case 'ClassProperty':
      return key === 'value' && STATUS_NAMES.test(nameOf(child(parent, 'key')) ?? '');
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return key === 'right' && STATUS_NAMES.test(nameOf(child(parent, 'left')) ?? '');
    case 'VariableDeclarator':
      return key === 'init' && STATUS_NAMES.test(nameOf(child(parent, 'id')) ?? '');
    default:
      return false;
  }
}

const ROUTING = new Set(['get', 'post', 'put', 'patch', 'delete', 'all', 'use']);
const ROUTERS = /app|rout|api|server/i;
const PROTECTS = /auth|protect|guard|login|session|token|role|admin|permission|owner|valid|limit|secur|csrf/i;

/** What stands between the path and the handler of a route, or protects all that comes after it. */
const middleware: Operator = {
  name: 'a middleware',
  changes({ node, parent }, text) {
    const callee = child(node, 'callee');
    if (node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return [];
    if (!ROUTING.has(nameOf(callee) ?? '') || !ROUTERS.test(nameOf(child(callee, 'object')) ?? '')) return [];
    const given = children(node, 'arguments');
    const atPath = given[0]?.type === 'StringLiteral' || given[0]?.type === 'TemplateLiteral';
    const before = given.slice(atPath ? 1 : 0, -1);
    const last = given.at(-1);
    const handled = last && firstPart(last);
    const taken = before.map((argument): Change => {
      const next = given[given.indexOf(argument) + 1];
      const name = shortened(text.slice(argument.start, argument.end));
      return {
        start: argument.start,
        end: next?.start ?? argument.end,
        replacement: '',
        what: `\`${name}\` was taken out of the route`,
        ...(handled === undefined ? {} : { shows: handled }),
      };
    });
    const alone =
      before.length === 0 && last !== undefined && PROTECTS.test(mainName(last)) && !/rout/i.test(mainName(last));
    if (!alone || parent?.node.type !== 'ExpressionStatement') return taken;
    const { start, end } = parent.node;
    return [{ start, end, replacement: ';', what: `\`${mainName(last)}\` was taken out` }];
  },
};

/** What runs first when a function is called that is written out at its place; undefined where it is named only. */
function firstPart(handler: SyntaxNode): SyntaxNode | undefined {
  const body = child(handler, 'body');
  return body?.type === 'BlockStatement' ? children(body, 'body')[0] : body;
}

const FINDERS =
  /^(?:find|findOne|findMany|findFirst|findUnique|findAll|count|countDocuments|exists|updateOne|updateMany|deleteOne|deleteMany|findOneAndUpdate|findOneAndDelete|findOneAndReplace|where|distinct)$/;

/** One condition of a query that looks for records: forgotten. What deletes or changes records keeps one at least. */
const filter: Operator = {
  name: 'a filter',
  changes({ node, key, index, parent }, text) {
    if (node.type !== 'ObjectExpression' || parent === undefined) return [];
    const call = key === 'arguments' && index === 0 && parent.node.type === 'CallExpression';
    const finder = call ? (nameOf(child(parent.node, 'callee')) ?? '') : '';
    const where = key === 'value' && nameOf(child(parent.node, 'key')) === 'where';
    if (!FINDERS.test(finder) && !where) return [];
    const properties = children(node, 'properties');
    // Prisma's and Sequelize's conditions are under `where`; what stands beside it is no filter.
    if (call && properties.some((property) => nameOf(child(property, 'key')) === 'where')) return [];
    const only = properties.length < 2;
    if (only && (where || !/^(?:find|findAll|findMany|count|countDocuments)$/.test(finder))) return [];
    return properties
      .filter(({ type }) => type === 'ObjectProperty')
      .map((property): Change => {
        const next = properties[properties.indexOf(property) + 1];
        const previous = properties[properties.indexOf(property) - 1];
        const [start, end] = next ? [property.start, next.start] : [previous?.end ?? property.start, property.end];
        return {
          start,
          end,
          replacement: '',
          what: `\`${shortened(text.slice(property.start, property.end))}\` was taken out of the filter`,
          shows: property,
        };
      });
  },
};

const listFilter: Operator = {
  name: 'a filter of a list',
  changes({ node }) {
    const callee = child(node, 'callee');
    const list = callee && child(callee, 'object');
    const one = children(node, 'arguments').length === 1;
    if (node.type !== 'CallExpression' || !list || nameOf(callee) !== 'filter' || !one) return [];
    return [{ start: list.end, end: node.end, replacement: '', what: 'the filter was taken out' }];
  },
};

/** `= $2` and its like, after AND; in what only reads, also after WHERE. */
const SQL_CONDITION =
  /\b(AND|WHERE)\s+(\(?[\w."]+\s*(?:=|<>|!=|<=?|>=?|I?LIKE)\s*(?:ANY\s*\(\s*)?\$\d+(?:::\w+(?:\[\])?)?\)?)/gi;

/** A condition of a statement that is always true takes its parameter, and lets everything through. */
const sqlCondition: Operator = {
  name: 'a condition in SQL',
  changes({ node }, text) {
    if (node.type !== 'StringLiteral' && node.type !== 'TemplateElement') return [];
    const sql = text.slice(node.start, node.end);
    const reads = /^["'`\s]*(?:SELECT|WITH)\b/i.test(sql);
    return [...sql.matchAll(SQL_CONDITION)].flatMap(([whole, word = '', tested = ''], nth) => {
      const balanced = tested.split('(').length === tested.split(')').length;
      if (!balanced || (word.toUpperCase() === 'WHERE' && !reads)) return [];
      const at = [...sql.matchAll(SQL_CONDITION)][nth]?.index ?? 0;
      const start = node.start + at + whole.length - tested.length;
      return [
        {
          start,
          end: start + tested.length,
          replacement: `(${tested} OR TRUE)`,
          what: `\`${shortened(tested)}\` let everything through`,
        },
      ];
    });
  },
};

/** Mistakes that backends are broken by. */
export const BACKEND: readonly Operator[] = [status, middleware, filter, listFilter, sqlCondition];

/** The name that says what a middleware is for: `limit` of `limit({ max: 5 })`. */
function mainName(node: SyntaxNode): string {
  return nameOf(node) ?? nameOf(child(node, 'callee')) ?? '';
}

function shortened(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

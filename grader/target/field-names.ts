/** Other names under which apps keep the usual fields; the likeliest first. Written as `plain` gives them. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  id: ['_id', 'uuid'],
  title: ['task', 'name', 'text', 'todo', 'description', 'content', 'body'],
  done: ['completed', 'isdone', 'iscompleted', 'complete', 'finished', 'iscomplete', 'checked', 'status'],
  name: ['fullname', 'username', 'displayname'],
  email: ['emailaddress', 'mail', 'useremail'],
  password: ['pass', 'pwd', 'userpassword'],
  token: ['accesstoken', 'jwt', 'authtoken', 'jwttoken', 'idtoken', 'access'],
  role: ['userrole', 'type'],
  tag: ['category', 'label'],
  tags: ['labels', 'categories'],
  items: ['data', 'results', 'docs', 'rows', 'records', 'list'],
  page: ['currentpage', 'pagenumber', 'pageno', 'current'],
  limit: ['pagesize', 'perpage', 'size', 'itemsperpage', 'take'],
  total: ['totalcount', 'totalitems', 'totaldocs', 'totalrecords', 'totalresults', 'count'],
  createdat: ['created', 'createdon', 'datecreated', 'createddate'],
  updatedat: ['updated', 'updatedon', 'dateupdated', 'modifiedat'],
  stock: ['quantity', 'inventory', 'instock', 'countinstock'],
  quantity: ['qty', 'amount', 'count'],
  price: ['cost', 'amount'],
  sku: ['code', 'productcode'],
  category: ['type'],
};

/** What the two parts of a full name are called. */
export const NAME_PARTS: readonly (readonly [first: string, last: string])[] = [
  ['firstName', 'lastName'],
  ['first_name', 'last_name'],
  ['firstname', 'lastname'],
  ['fname', 'lname'],
];

/** A name without what only spells it: `created_at` and `createdAt` are one. A leading underscore counts. */
export function plain(name: string): string {
  return name.charAt(0) + name.slice(1).replaceAll(/[_-]/g, '').toLowerCase();
}

/** How well a field of an app may be one of the contract's: 3 the same, 2 spelt otherwise, below that a synonym; 0 not at all. */
export function likeness(contract: string, found: string, noun = ''): number {
  if (contract === found) return 3;
  const [wanted, name] = [plain(contract), plain(found).toLowerCase()];
  if (wanted === name) return 2;
  const place = SYNONYMS[wanted]?.indexOf(name) ?? -1;
  if (place >= 0) return 1 - place / 100;
  return wanted === 'id' && noun !== '' && name === `${plain(noun)}id` ? 0.99 : 0;
}

/** Names that would stand in an app's source if it called the field otherwise, and hardly for another reason. */
export function rivals(contract: string): readonly string[] {
  return RIVALS[contract] ?? [];
}

const RIVALS: Readonly<Record<string, readonly string[]>> = {
  title: ['task'],
  done: ['completed', 'isDone', 'isCompleted', 'is_completed', 'is_done'],
  name: ['firstName', 'first_name', 'firstname', 'fullName', 'full_name', 'fullname', 'username', 'userName'],
  token: ['accessToken', 'access_token', 'authToken'],
};

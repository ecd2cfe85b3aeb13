// A course's own suite for day 13: what the contract promises, over HTTP.
const api = process.env.API;

async function request(method, path, body, headers = { 'content-type': 'application/json' }) {
  const response = await fetch(`${api}${path}`, {
    method,
    ...(body === undefined ? {} : { headers, body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
}

let count = 0;
const lamp = (changes = {}) => ({
  sku: `sku-${Date.now()}-${++count}`,
  name: 'Lamp',
  category: `lamps-${process.pid}`,
  price: 19.5,
  stock: 7,
  ...changes,
});
const create = async (changes) => (await request('POST', '/products', lamp(changes))).body;

describe('products', () => {
  test('are created', async () => {
    const product = lamp();
    const { status, body } = await request('POST', '/products', product);
    expect(status).toBe(201);
    expect(body).toMatchObject({ ...product, id: expect.any(Number) });
  });

  test('are read', async () => {
    const product = await create();
    expect(await request('GET', `/products/${product.id}`)).toMatchObject({ status: 200, body: product });
  });

  test('are updated', async () => {
    const { id, ...product } = await create();
    const changed = { ...product, name: 'Lamp II', price: 12.5 };
    expect(await request('PUT', `/products/${id}`, changed)).toMatchObject({ status: 200, body: { id, ...changed } });
    expect(await request('GET', `/products/${id}`)).toMatchObject({ status: 200, body: { id, ...changed } });
  });

  test.each(['GET', 'PUT'])('that do not exist answer 404 to %s', async (method) => {
    expect((await request(method, '/products/987654321', method === 'PUT' ? lamp() : undefined)).status).toBe(404);
  });

  test('show a change at once, though they are cached', async () => {
    const { id, ...product } = await create();
    await request('GET', `/products/${id}`);
    await request('GET', `/products/${id}`);
    await request('PUT', `/products/${id}`, { ...product, price: 11.5 });
    expect((await request('GET', `/products/${id}`)).body.price).toBe(11.5);
  });
});

describe('the list', () => {
  const category = `list-${process.pid}-${Date.now()}`;
  beforeAll(async () => {
    for (let i = 0; i < 21; i++) await create({ category });
  });

  test('is filtered by category', async () => {
    const { status, body } = await request('GET', `/products?category=${category}&limit=100`);
    expect(status).toBe(200);
    expect(body.items).toHaveLength(21);
    expect(body.items.every((item) => item.category === category)).toBe(true);
  });

  test('has 20 products on a page', async () => {
    expect((await request('GET', `/products?category=${category}`)).body).toMatchObject({
      items: { length: 20 },
      page: 1,
      limit: 20,
    });
  });

  test('has what is left on its last page', async () => {
    expect((await request('GET', `/products?category=${category}&page=5&limit=5`)).body.items).toHaveLength(1);
  });

  test('is empty beyond its last page', async () => {
    expect((await request('GET', `/products?category=${category}&page=50`)).body.items).toHaveLength(0);
  });

  test('shows each product once', async () => {
    const pages = await Promise.all(
      [1, 2, 3].map((page) => request('GET', `/products?category=${category}&page=${page}&limit=7`)),
    );
    expect(new Set(pages.flatMap(({ body }) => body.items.map(({ id }) => id))).size).toBe(21);
  });

  test.each(['limit=0', 'limit=5000', 'page=two', 'page=0'])('refuses %s', async (query) => {
    expect((await request('GET', `/products?${query}`)).status).toBe(400);
  });
});

describe('bad input', () => {
  const bad = [
    ['no name', { name: undefined }],
    ['a negative price', { price: -1 }],
    ['a price that is text', { price: 'cheap' }],
    ['half a piece', { stock: 1.5 }],
  ];
  test.each(bad)('is refused on create: %s', async (_name, changes) => {
    const { status, body } = await request('POST', '/products', lamp(changes));
    expect(status).toBe(400);
    expect(body.error).toBeDefined();
  });

  test.each(bad)('is refused on update: %s', async (_name, changes) => {
    const { id } = await create();
    expect((await request('PUT', `/products/${id}`, lamp(changes))).status).toBe(400);
  });

  test('is refused when it is no JSON', async () => {
    expect((await request('POST', '/products', '{"sku": "broken')).status).toBe(400);
  });

  test('is refused when the sku is taken', async () => {
    const { id: _id, ...product } = await create();
    expect((await request('POST', '/products', product)).status).toBe(409);
  });

  test('gets no stack trace', async () => {
    for (const path of [
      '/products/not-a-number',
      '/products/99999999999999999999',
      '/no/such/path',
      "/products?category=' OR '1'='1",
    ]) {
      const { status, text } = await request('GET', path);
      expect(status).toBeLessThan(500);
      expect(text).not.toMatch(/\bat .*:\d+:\d+|node_modules|SELECT /);
    }
  });
});

describe('purchases', () => {
  test('take stock', async () => {
    const { id } = await create({ stock: 5 });
    expect(await request('POST', `/products/${id}/purchases`, { quantity: 2 })).toMatchObject({
      status: 201,
      body: { productId: id, quantity: 2, stock: 3 },
    });
    expect((await request('GET', `/products/${id}`)).body.stock).toBe(3);
  });

  test('of a product that does not exist answer 404', async () => {
    expect((await request('POST', '/products/987654321/purchases', { quantity: 1 })).status).toBe(404);
  });

  test.each([0, -3, 1.5])('of %d pieces are refused', async (quantity) => {
    const { id } = await create();
    expect((await request('POST', `/products/${id}/purchases`, { quantity })).status).toBe(400);
  });

  test('by thirty buyers at once sell five items five times', async () => {
    const { id } = await create({ stock: 5 });
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => request('POST', `/products/${id}/purchases`, { quantity: 1 })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(25);
    expect((await request('GET', `/products/${id}`)).body.stock).toBe(0);
  });
});

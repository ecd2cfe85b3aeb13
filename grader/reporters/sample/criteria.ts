import type { CriterionResult } from '../../report/schema.ts';
import { loadCriterion } from './load-criterion.ts';
import { criterion, exchange, full, none, partial } from './parts.ts';
import { stoppedCriteria } from './stopped-criteria.ts';

/** The criteria of the sample report: full marks, a share, a curve, and each kind of fault. */
export function sampleCriteria(): CriterionResult[] {
  return [
    criterion('lists-products', 'Products are listed page by page', 8, full(8), {
      check: 'http-flow',
      assertions: [
        { title: 'GET /products?page=1&limit=20 answers 200', ok: true, expected: '200', received: '200', exchange: 0 },
      ],
      exchanges: [
        exchange(
          'GET',
          '/api/v1/products?page=1&limit=20',
          200,
          '{"success":true,"data":[{"id":1,"name":"Desk lamp","price":24.9,"stock":12}]}',
          9,
        ),
      ],
    }),
    criterion(
      'filters-products',
      'Products can be filtered by category and price',
      7,
      partial(7, 6 / 7, 'not so: GET /products?minPrice=abc answers 400'),
      {
        check: 'http-flow',
        policy: { kind: 'ratio' },
        hint: 'Parse and check query parameters before they reach the database: a value that is not a number is the client’s mistake (400), not yours (500).',
        assertions: [
          ...[
            'category=lamps',
            'minPrice=10',
            'maxPrice=50',
            'minPrice=10&maxPrice=50',
            'category=none',
            'limit=5',
          ].map((query) => ({
            title: `GET /products?${query} answers 200`,
            ok: true,
            expected: '200',
            received: '200',
          })),
          { title: 'GET /products?minPrice=abc answers 400', ok: false, expected: '400', received: '500', exchange: 0 },
        ],
        exchanges: [
          exchange(
            'GET',
            '/api/v1/products?minPrice=abc',
            500,
            '{"success":false,"error":"invalid input syntax for type numeric: \\"abc\\""}',
            14,
          ),
        ],
        logs: [
          'error: invalid input syntax for type numeric: "abc"',
          '    at /app/node_modules/pg-pool/index.js:45:11',
          '    at async listProducts (/app/src/products.js:31:18)',
        ],
      },
    ),
    criterion(
      'hot-product-is-cached',
      'A hot product is answered from the cache, and never stale',
      15,
      none('learner', 'not so: after PUT /products/17 the next read shows the new price'),
      {
        check: 'cache-hit',
        hint: 'Keep GET /products/:id in Redis, and delete the key when the product changes: an answer that is fast and wrong is worse than a slow one.',
        assertions: [
          {
            title: 'The second GET /products/17 runs no statement in the database',
            ok: true,
            expected: '0 statements',
            received: '0 statements',
            exchange: 1,
          },
          {
            title: 'After PUT /products/17 the next read shows the new price',
            ok: false,
            expected: '{\n "price": 31.5\n}',
            received: '{\n "id": 17,\n "name": "Desk lamp",\n "price": 24.9,\n "stock": 12\n}',
            exchange: 3,
          },
          {
            title: 'The cached key expires within an hour',
            ok: false,
            expected: 'a TTL between 1 s and 3600 s',
            received: 'no TTL on product:17',
          },
        ],
        exchanges: [
          exchange(
            'GET',
            '/api/v1/products/17',
            200,
            '{"success":true,"data":{"id":17,"name":"Desk lamp","price":24.9,"stock":12}}',
            11,
          ),
          exchange(
            'GET',
            '/api/v1/products/17',
            200,
            '{"success":true,"data":{"id":17,"name":"Desk lamp","price":24.9,"stock":12}}',
            2,
          ),
          exchange(
            'PUT',
            '/api/v1/products/17',
            200,
            '{"success":true}',
            8,
            '{"name":"Desk lamp","price":31.5,"stock":12}',
          ),
          exchange(
            'GET',
            '/api/v1/products/17',
            200,
            '{"success":true,"data":{"id":17,"name":"Desk lamp","price":24.9,"stock":12}}',
            2,
          ),
        ],
        logs: ['PUT /api/v1/products/17 200 7.9 ms', 'cache hit product:17', 'GET /api/v1/products/17 200 1.6 ms'],
      },
    ),
    criterion(
      'cache-survives-outage',
      'Reads go on when Redis is away',
      5,
      none('dependency', '“A hot product is answered from the cache, and never stale” comes first and failed'),
      {
        check: 'cache-outage',
        needs: ['hot-product-is-cached'],
        status: 'skipped',
        fault: 'dependency',
        reason: '“A hot product is answered from the cache, and never stale” comes first and failed',
      },
    ),
    criterion(
      'hot-query-uses-index',
      'The product search uses an index',
      10,
      none('learner', 'not so: GET /products?search=… reads no table from end to end'),
      {
        check: 'database-index',
        hint: 'Look at the plan with EXPLAIN (ANALYZE, BUFFERS). A LIKE that begins with a wildcard can’t use a B-tree index: a trigram (GIN) index can.',
        assertions: [
          {
            title: 'GET /products?search=… reads no table from end to end',
            ok: false,
            expected: 'an index scan',
            received: 'Seq Scan on products (20,012 rows examined, 3 returned)',
            exchange: 0,
          },
        ],
        exchanges: [
          exchange(
            'GET',
            '/api/v1/products?search=%E7%81%AF&limit=3',
            200,
            '{"success":true,"data":[{"id":88,"name":"桌上型檯燈","price":19},{"id":91,"name":"落地燈","price":59}]}',
            41,
          ),
        ],
        positions: [
          {
            file: 'db/migrations/001_products.sql',
            line: 12,
            column: 3,
            message: 'the table gets no index beyond its primary key',
          },
        ],
        notes: ['The table was filled up to 20,012 rows before the plan was taken.'],
      },
    ),
    criterion('no-oversell', 'Fifty buyers can’t buy more than is in stock', 15, full(15), {
      check: 'no-oversell',
      assertions: [
        { title: 'Exactly 5 of 50 orders are accepted', ok: true, expected: '5', received: '5' },
        { title: 'The other orders answer 409', ok: true, expected: '45', received: '45' },
      ],
    }),
    loadCriterion(),
    criterion('answers-fast-under-load', 'Half of all answers under load come within 25 ms', 10, full(10), {
      check: 'http-load',
      policy: {
        kind: 'curve',
        metric: 'p50',
        points: [
          [25, 1],
          [100, 0],
        ],
      },
      assertions: [
        { title: 'At most 1 % of answers are wrong or missing', ok: true, expected: '≤ 1 %', received: '0 %' },
      ],
      measurements: { p50: { value: 11.2, unit: 'ms', samples: [11.6, 11.2, 10.9] } },
    }),
    ...stoppedCriteria(),
  ];
}

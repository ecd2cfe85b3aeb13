// A page of products for the load test; prints the id of one of them.
const products = Array.from({ length: 20 }, (_, i) => ({
  sku: `load-${i}`,
  name: `Product ${i}`,
  category: 'load',
  price: 10,
  stock: 5,
}));
let product;
for (const body of products) {
  const response = await fetch(`${process.env.API}/products`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (response.status !== 201) throw new Error(`POST /products answered ${response.status}`);
  product = await response.json();
}
console.log(product.id);

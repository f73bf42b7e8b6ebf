import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openOrders } from '../demo/shop/orders.ts';
import { createShop } from '../demo/shop/server.ts';

// The gateway tells again what a shop was owed as soon as somebody listens: that ended the whole process.
test('a shop that is not open yet asks whoever comes to come again, and goes on', async (t) => {
  const shop = createShop(openOrders(':memory:'), () => undefined);
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    shop.closeAllConnections();
    shop.close();
  });
  const url = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/webhook`;
  for (let n = 0; n < 2; n += 1) {
    const { status, headers } = await fetch(url, { method: 'POST', body: '{}' });
    assert.deepEqual([status, headers.get('retry-after')], [503, '1']);
  }
});

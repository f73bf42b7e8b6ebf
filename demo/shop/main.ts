// A small shop, and an honest example of a merchant: the official Stripe SDK with another host, an order
// written before the payment, and a webhook with a checked signature as the thing that marks it paid.
//
//   TOLLGATE_API=http://localhost:4242 TOLLGATE_SECRET_KEY=sk_test_… TOLLGATE_PUBLISHABLE_KEY=pk_test_…
//     node demo/shop/main.ts
//     [--port 4243] [--data folder] [--url http://localhost:4243] [--end-with-input]
//
// When it is open it prints one line of JSON with its address.

import { mkdirSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openOrders } from './orders.ts';
import { createPayments, type Payments } from './payments.ts';
import { createShop } from './server.ts';

const RECONCILE_EVERY_MS = 30_000;
/** Older orders were looked at often enough. */
const RECONCILE_BACK_MS = 26 * 60 * 60 * 1000;

export type Shop = { readonly url: string; stop(): Promise<void> };

export const startShop = async (how: {
  readonly api: string;
  readonly secretKey: string;
  /** For paying in the shop's own page. */
  readonly publishableKey?: string | undefined;
  readonly port: number;
  readonly data: string;
  readonly url?: string;
}): Promise<Shop> => {
  mkdirSync(how.data, { recursive: true });
  const orders = openOrders(join(how.data, 'orders.db'));
  let payments: Payments | undefined;
  const server = createShop(orders, () => payments);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(how.port, '127.0.0.1', resolve);
  });
  const url = how.url ?? `http://localhost:${(server.address() as AddressInfo).port}`;
  payments = await createPayments(orders, {
    api: how.api,
    secretKey: how.secretKey,
    publishableKey: how.publishableKey,
    shop: url,
  });

  const stopping = new AbortController();
  const reconciling = reconcileForEver(payments, stopping.signal);
  return {
    url,
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await reconciling;
      orders.close();
    },
  };
};

const reconcileForEver = async (payments: Payments, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await payments.reconcile(Date.now() - RECONCILE_BACK_MS).catch((error: unknown) => {
      console.error('Open orders could not be looked at; they are in a while.', error);
    });
    await wait(RECONCILE_EVERY_MS, undefined, { signal }).catch(() => {});
  }
};

const runProcess = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '4243' },
      data: { type: 'string', default: '.tollgate/shop' },
      url: { type: 'string' },
      'end-with-input': { type: 'boolean', default: false },
    },
  });
  const {
    TOLLGATE_API: api,
    TOLLGATE_SECRET_KEY: secretKey,
    TOLLGATE_PUBLISHABLE_KEY: publishableKey,
  } = process.env;
  if (!api || !secretKey) throw new Error('TOLLGATE_API and TOLLGATE_SECRET_KEY are needed.');
  const shop = await startShop({
    api,
    secretKey,
    publishableKey,
    port: Number(values.port),
    data: values.data,
    ...(values.url === undefined ? {} : { url: values.url }),
  });
  process.stdout.write(`${JSON.stringify({ url: shop.url })}\n`);
  const stop = (): void => {
    void shop.stop().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  // Whoever started it is gone: so is the shop.
  if (values['end-with-input']) process.stdin.once('end', stop).resume();
};

if (import.meta.main) {
  runProcess().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

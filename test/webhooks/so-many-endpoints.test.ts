// How many endpoints a merchant may have: what happens is owed to each of them while everybody else waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGatewayHere } from '../support/gateway.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const MAX = 16;

test('A merchant has sixteen endpoints in each mode at most, also of those made at once, and deleted ones do not count', async () => {
  const { key } = await gateway.merchant();
  const { webhookEndpoints: endpoints } = stripeFor(gateway.port, key);
  const make = () =>
    endpoints.create({ url: 'https://shop.example/hook', enabled_events: ['customer.created'] });

  const made = await Promise.allSettled(Array.from({ length: 2 * MAX }, make));
  assert.equal(made.filter(({ status }) => status === 'fulfilled').length, MAX);
  const { data } = await endpoints.list({ limit: 100 });
  assert.equal(data.length, MAX);

  const refused = await refusalOf(make());
  assert.equal(refused.statusCode, 400);
  assert.match(refused.message, /^You have reached the maximum of 16 test webhook endpoints\./);

  const [one, two] = data.map(({ id }) => id);
  await endpoints.update(one ?? '', { disabled: true });
  await assert.rejects(make(), { statusCode: 400 }, 'One that is disabled is still there.');
  await endpoints.del(two ?? '');
  await make();
  await assert.rejects(make(), { statusCode: 400 });

  const another = await gateway.merchant();
  const ofAnother = stripeFor(gateway.port, another.key).webhookEndpoints;
  await ofAnother.create({ url: 'https://shop.example/hook', enabled_events: ['*'] });
});

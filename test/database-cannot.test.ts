// A database that cannot do what it is asked for, for want of room or because others hold it. Whoever wants something
// stored is told to come again, and the balancer, where nothing can be done here.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner } from '../src/for-tests.ts';
import { startGatewayHere } from './support/gateway.ts';

test('a gateway whose database has a full disk is not ready, and answers 503 without internals', async () => {
  const { ask, errors, merchant, on } = await startGatewayHere();
  const { key } = await merchant();
  const create = () => ask('POST', '/v1/customers', { key, form: 'name=Jenny' });
  assert.equal((await ask('GET', '/readyz')).status, 200);

  await asOwner(
    on,
    `create function public.no_room() returns trigger language plpgsql as $$ begin
       raise exception 'could not extend file "base/5/16417": No space left on device'
       using errcode = 'disk_full';
     end $$`,
  );
  await asOwner(
    on,
    'create trigger no_room before insert on cards.customers for each row execute function public.no_room()',
  );
  const { status, headers, text } = await create();
  assert.equal(status, 503);
  assert.equal(headers['retry-after'], '1');
  assert.equal(headers['stripe-should-retry'], 'true');
  assert.doesNotMatch(text, /space|extend|base\//);
  // An operator reads why.
  assert.equal(errors.splice(0).length, 1);
  const ready = await ask('GET', '/readyz');
  assert.deepEqual([ready.status, ready.body.checks.database], [503, false]);

  await asOwner(on, 'drop trigger no_room on cards.customers');
  assert.equal((await create()).status, 200);
});

test('a payment that meets a locked table is answered 503, and is made by the next try with its key', async () => {
  const { ask, errors, merchant, on } = await startGatewayHere();
  const { key } = await merchant();
  const create = () =>
    ask('POST', '/v1/payment_intents', {
      key,
      form: 'amount=500&currency=eur',
      idempotencyKey: 'order-1',
    });
  // As a migration that changes a table locks it.
  const migrating = asOwner(
    on,
    `do $$ begin lock table payments.intents in access exclusive mode; perform pg_sleep(4); end $$`,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { status, headers, text } = await create();
  assert.equal(status, 503, text);
  assert.equal(headers['retry-after'], '1');
  await migrating;
  errors.splice(0);
  assert.equal((await create()).status, 200);
});

test('a search for which the database needs too long says how to narrow it, and not to come again', async () => {
  const { ask, merchant, on } = await startGatewayHere();
  const { key } = await merchant();
  await asOwner(
    on,
    `create or replace function payments.intents_of_metadata(
       of_account uuid, of_mode boolean, id_from uuid, id_before uuid, asked jsonb) returns setof uuid
     language plpgsql as $$ begin
       raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled';
     end $$`,
  );
  const query = encodeURIComponent("metadata['order']:'6735'");
  const { status, headers, body } = await ask('GET', `/v1/payment_intents/search?query=${query}`, {
    key,
  });
  assert.equal(status, 400);
  assert.equal(headers['retry-after'], undefined);
  assert.equal(body.error.param, 'query');
  assert.match(body.error.message, /^This search has to look through too much .* created>/);
});

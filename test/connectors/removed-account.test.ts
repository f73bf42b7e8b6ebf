// An account at a provider that is deleted while payments begin there: whatever is begun keeps its way to the provider.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lostAfter, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';

const ROUNDS = 16;

const bank = testBank();
const gateway = await startGatewayHere({ connectors: [bank.connector] });
const { ask } = gateway;

const deleteWhilePaying = async (afterMs: number): Promise<readonly [string, number]> => {
  const { key, scope } = await gateway.merchant();
  await testConnectorAccount(gateway.context, gateway.rails, scope, { connector: 'paperbank' });
  const { body } = await ask('GET', '/v1/connector_accounts', { key });
  const path = `/v1/connector_accounts/${body.data[0].id}`;
  const form = 'amount=900&currency=eur&confirm=true&payment_method=pm_card_visa';
  const paying = ask('POST', '/v1/payment_intents', { key, form });
  await pause(afterMs);
  const deleted = await ask('DELETE', path, { key });
  const { body: intent } = await paying;
  if (deleted.status === 400) {
    assert.match(deleted.text, /still open with it/);
    const { body: account } = await ask('GET', path, { key });
    assert.notEqual(account.deleted, true);
  }
  return [String(intent.status), deleted.status];
};

test('stays while a payment is begun that nobody knows of, whenever it was deleted', async () => {
  for (let round = 0; round < ROUNDS; round += 1) bank.next.push(lostAfter);
  const rounds = Array.from({ length: ROUNDS }, (_, at) => deleteWhilePaying(at * 3));
  for (const [status, deleted] of await Promise.all(rounds)) {
    if (status === 'processing') assert.equal(deleted, 400);
    else assert.equal(deleted, 200);
  }
});

// How often a payment waits for the database, one time after the other. What is asked in one turn travels
// together; what waits for the answer to something else is a round trip more of every payment.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock, Row, Scope, Statement, Tx } from '#kit/context';
import type { OpenDatabase } from '#platform/db';
import { asOwner } from '../../src/for-tests.ts';
import { says, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

/** By their names: those of one turn were asked before any of them was answered. */
const turns: string[][] = [];
let turn: string[] | null = null;

const heard = async <T>(name: string, ask: () => Promise<T>): Promise<T> => {
  if (turn === null) {
    turn = [];
    turns.push(turn);
  }
  turn.push(name);
  try {
    return await ask();
  } finally {
    turn = null;
  }
};

const listening = (database: OpenDatabase): OpenDatabase => {
  const within = (tx: Tx): Tx => ({
    query: <T extends Row>(asked: Statement, values?: readonly unknown[]) =>
      heard(asked.name, () => tx.query<T>(asked, values)),
  });
  return {
    ...database,
    pool: database.pool,
    read: <T extends Row>(scope: Scope | null, asked: Statement, values?: readonly unknown[]) =>
      heard(asked.name, () => database.read<T>(scope, asked, values)),
    transaction: (scope, work) => database.transaction(scope, (tx) => work(within(tx))),
    commit: (scope, writes) => heard('commit', () => database.commit(scope, writes)),
  };
};

/** What was read a second ago is read again; on a crowded machine a second is soon over. */
const slowly = (clock: Clock): Clock => ({
  ...clock,
  monotonicMs: () => clock.monotonicMs() / 1_000,
});

const bank = testBank();
const { stripe, gateway } = await openShop([bank], { wrapDatabase: listening, wrapClock: slowly });
const customer = await stripe.customers.create({ email: 'jenny@example.com' });
const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
const sale = { amount: 1200, currency: 'eur', customer: customer.id, payment_method: card };

/** An operation whose bank is being asked is as it was begun. */
const openingsFor = (operation: string) =>
  asOwner(
    gateway.on,
    `select a.details->>'ahead' as ahead, o.xmin = a.xmin as is_made_with_its_operation
       from identity.audit_entries a join rails.operations o on o.id = $1
      where a.action = 'vault.card.open' and a.details->>'operation' = o.id::text`,
    [operation],
  );

/** Keys are remembered for a second: whether they are asked for is a matter of time. */
const during = async (
  work: () => Promise<unknown>,
  isKept = (name: string): boolean => name === 'fees.in_force',
): Promise<string[]> => {
  turns.splice(0);
  await work();
  return turns
    .map((names) => names.filter((name) => !name.startsWith('api_keys.') && !isKept(name)))
    .filter((names) => names.length > 0)
    .map((names) => names.toSorted().join(', '));
};

const pay = (more: { capture_method?: 'manual'; off_session?: boolean } = { off_session: true }) =>
  stripe.paymentIntents.create({ ...sale, confirm: true, ...more });

test('What the first payment of a merchant needs is read together, and prices before the bank is asked', async () => {
  const asked = await during(
    () => pay(),
    () => false,
  );
  assert.deepEqual(asked, [
    'connector_accounts.enabled, customers.find, fees.in_force, payment_methods.find',
    'commit',
    'commit',
  ]);
});

test('A payment by a stored card waits for one round of reads and two commits', async () => {
  const expected = [
    'connector_accounts.enabled, customers.find, payment_methods.find',
    'commit',
    'commit',
  ];
  assert.deepEqual(await during(() => pay()), expected);
  assert.deepEqual(await during(() => pay({ off_session: false })), expected);
});

test('That its card is opened is in the audit log when its bank is asked, with what lets it be asked, and once', async () => {
  const whenAsked: Row[][] = [];
  let operation = '';
  bank.next.push(async (call, truth) => {
    operation = call.operation.id;
    whenAsked.push(await openingsFor(operation));
    return truth();
  });
  await pay();
  assert.deepEqual(whenAsked, [[{ ahead: 'true', is_made_with_its_operation: true }]]);
  assert.equal((await openingsFor(operation)).length, 1);
});

test('A confirmation reads what its payment names, and nothing twice', async () => {
  const made = await stripe.paymentIntents.create({
    amount: 1200,
    currency: 'eur',
    customer: customer.id,
  });
  const given = () => stripe.paymentIntents.confirm(made.id, { payment_method: card });
  assert.deepEqual(await during(given), [
    'connector_accounts.enabled, intents.find, payment_methods.find',
    'commit',
    'commit',
  ]);
  const ready = await stripe.paymentIntents.create(sale);
  assert.deepEqual(await during(() => stripe.paymentIntents.confirm(ready.id)), [
    'connector_accounts.enabled, intents.find',
    'payment_methods.find',
    'commit',
    'commit',
  ]);
});

const following = [
  'charges.of_intent, intents.find',
  'connector_accounts.find, operations.find_request, operations.known',
  'commit',
  'commit',
];

test('A capture reads its payment, and then at once what was asked of the bank', async () => {
  const held = await pay({ capture_method: 'manual' });
  assert.deepEqual(await during(() => stripe.paymentIntents.capture(held.id)), following);
});

test('So does a refund', async () => {
  const { id } = await pay();
  const refund = () => stripe.refunds.create({ payment_intent: id, amount: 200 });
  assert.deepEqual(await during(refund), following);
});

test('Letting go of what is held changes no charge, so it is read after its payment', async () => {
  const held = await pay({ capture_method: 'manual' });
  const [, ...rest] = following;
  assert.deepEqual(await during(() => stripe.paymentIntents.cancel(held.id)), [
    'intents.find',
    'charges.find',
    ...rest,
  ]);
});

test('A part that its bank refuses is read for as often beside many parts as beside one', async () => {
  const { id } = await stripe.paymentIntents.create({
    ...sale,
    confirm: true,
    capture_method: 'manual',
    payment_method_options: { card: { request_multicapture: 'if_available' } },
  });
  const part = { amount_to_capture: 100, final_capture: false };
  const refused = () => {
    bank.next.push(says({ outcome: 'declined', code: 'generic_decline' }));
    return during(() => refusalOf(stripe.paymentIntents.capture(id, part)));
  };
  await stripe.paymentIntents.capture(id, part);
  const besideOne = await refused();
  for (let parts = 2; parts <= 5; parts += 1) await stripe.paymentIntents.capture(id, part);
  assert.deepEqual(await refused(), besideOne);
  assert.deepEqual(besideOne, [
    ...following.slice(0, 2),
    'commit',
    'operations.of_intent',
    'expectations.of_references',
    'commit',
  ]);
});

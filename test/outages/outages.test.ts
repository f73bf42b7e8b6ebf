// One provider is mute, or was, and everybody else is paid as ever: what is held, what is refused, what is sent, and what
// is asked afterwards, counted at the providers.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { usualGates } from '../../src/rails/operations/gates.ts';
import { operationStates } from '../../src/rails/operations/operation-states.ts';
import { startSimulator } from '../../src/rails/psp/stripe/for-tests-simulator.ts';
import { connector as stripe } from '../../src/rails/psp/stripe/index.ts';
import { hurried, impatient, quick } from '../acquiring/support/impatient.ts';
import { assertOneStory, openAccountAt } from '../payments/support.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { startGatewayHere } from '../support/gateway.ts';
import type { Merchant } from '../support/merchant.ts';
import { waitUntil } from '../support/writers.ts';
import { openStripeAt, startProxy } from './support.ts';

// Nothing ends by its time here: who is mute is cut off when the test says so.
const patience = { timeoutMs: 120_000 };
const [muteSide, wellSide] = [await startSimulator(), await startSimulator()];
after(() => Promise.all([muteSide.close(), wellSide.close()]));
const proxy = await startProxy(muteSide.url);
const bank = await newSandbox();
const gateway = await startGatewayHere({
  connections: usualGates.atOnceMax + 100,
  connectors: [hurried(stripe, patience), impatient(quick(), patience)],
});
const { on, rails, ask } = gateway;
const [mute, well, atBank] = [
  await gateway.merchant(),
  await gateway.merchant(),
  await gateway.merchant(),
];
await openStripeAt(ask, mute.key, proxy.url);
await openStripeAt(ask, well.key, wellSide.url);
await openAccountAt(bank, ask, atBank.key);

const pay = async ({ key }: Merchant, card = 'pm_card_visa') => {
  const form = `amount=2500&currency=eur&confirm=true&payment_method=${card}`;
  const { status, body, text } = await ask('POST', '/v1/payment_intents', { key, form });
  return { became: String(body?.status ?? body?.error?.code ?? status), text };
};
const payAll = (merchant: Merchant, count: number) =>
  Promise.all(Array.from({ length: count }, () => pay(merchant)));
const assertAllPaid = async (merchant: Merchant, count: number): Promise<void> => {
  for (const { became, text } of await payAll(merchant, count)) {
    assert.equal(became, 'succeeded', text);
  }
};
const countOf = async (where: string): Promise<number> =>
  Number(
    (
      await asOwner(on, `select count(*)::integer as count from rails.operations where ${where}`)
    )[0]?.['count'],
  );
/** All that is due, now and at any pace. */
const resolveAll = async (): Promise<void> => {
  await waitUntil('nothing is open', 60_000, async () => {
    await asOwner(on, 'update rails.operations set due_at = now() where due_at is not null');
    const resolver = rails.createResolver({ budget: { perSecond: 1e6, burst: 1e6 }, atOnce: 500 });
    await resolver.round();
    await resolver.idle();
    return (await countOf('due_at is not null')) === 0;
  });
};

test('A16: a mute provider holds as many as it has places, the others are paid, and nothing that left is called failed', async () => {
  const { atOnceMax } = usualGates;
  const crowd = atOnceMax + 6;
  proxy.keep = () => Number.POSITIVE_INFINITY;
  const held = payAll(mute, crowd);
  await waitUntil('all places are taken', 60_000, async () => proxy.payments() === atOnceMax);
  await assertAllPaid(well, 20);
  await assertAllPaid(atBank, 20);
  await waitUntil('the others were sent away', 60_000, async () => {
    return (await countOf(`code = 'too_many_at_once'`)) === crowd - atOnceMax;
  });
  assert.equal(proxy.payments(), atOnceMax);

  proxy.cutOff();
  const became = Map.groupBy(await held, (each) => each.became);
  assert.equal(became.get('processing')?.length, atOnceMax, [...became.keys()].join());
  // They were given up on together, so its breaker is open. Whoever tries it now and then is cut off.
  proxy.keep = () => null;
  await waitUntil('it is left alone', 60_000, async () => {
    await payAll(mute, 1);
    return (await countOf(`code = 'circuit_open'`)) > 0;
  });
  await assertAllPaid(well, 5);

  proxy.keep = () => 0;
  await waitUntil('it is paid at again', 60_000, async () => {
    const [first] = await payAll(mute, 1);
    return first?.became === 'succeeded';
  });
  await resolveAll();
  const booked = new Map(
    [...muteSide.intents.values(), ...wellSide.intents.values()].map(({ metadata, bookings }) => [
      metadata['tollgate_reference'],
      bookings,
    ]),
  );
  const rows = await asOwner(
    on,
    `select reference, state from rails.operations o
       join rails.connector_accounts a on a.id = connector_account_id and connector = 'stripe'`,
  );
  for (const { reference, state } of rows) {
    const isApproved = state === operationStates.approved;
    assert.equal(booked.get(String(reference)) ?? 0, isApproved ? 1 : 0, String(reference));
  }
});

test('A17: after an outage the bank is asked once about each, and who pays meanwhile is paid', async () => {
  const lost = 18;
  await gateway.worker.rest();
  // As a host that broke down after it had booked.
  const card = '5555555555554444';
  bank.setFaults([{ id: 'broken', kind: 'wrong_code', code: '96', when: { card, mti: '02' } }]);
  const before = bank.journal().lines.length;
  for (let n = 0; n < lost; n += 1) {
    const { became, text } = await pay(atBank, 'pm_card_mastercard');
    assert.equal(became, 'processing', text);
    // Of five in a row that nobody answers the breaker would let no more through.
    if (n % 3 === 2) await assertAllPaid(atBank, 1);
  }
  bank.setFaults([]);
  await gateway.worker.wake();
  await waitUntil('all is found out', 60_000, async () => {
    await assertAllPaid(atBank, 1);
    return (await countOf('due_at is not null')) === 0;
  });
  const asked = bank.journal().lines.slice(before);
  const times = (fact: string) => asked.filter((line) => line.fact.fact === fact).length;
  assert.deepEqual([times('reversed'), times('nothing_to_reverse')], [lost, 0]);
  await assertOneStory(bank, on);
});
